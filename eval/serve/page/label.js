// Labelling: one key a step.

import {element, get, post, typing} from './api.js';

const steps = document.getElementById('label-steps');
const status = document.getElementById('label-status');
const panel = document.getElementById('label');
const names = {'1': 'good', '0': 'neutral', '-1': 'bad'};
const buttons = ['good', 'neutral', 'bad', 'undo'].map((name) => document.getElementById(`label-${name}`));
let question = null;
let waiting = Promise.resolve(); // answers are sent one after the other

function show(next) {
  question = next;
  const done = next.finished;
  document.getElementById('label-title').textContent =
    done ? 'All solutions are labelled' : `Is this step right? (solution ${next.number + 1} of ${next.of})`;
  document.getElementById('label-problem').textContent = next.problem ?? '';
  const now = next.labels?.length ?? 0;
  steps.replaceChildren(...(next.steps ?? []).map((text, i) => {
    const kind = i < now ? names[next.labels[i]] : i === now ? 'now' : 'later';
    return element('li', {class: kind, 'aria-current': i === now && 'step'},
      element('span', {}, `${i + 1}.`), element('span', {class: 'text'}, text),
      i < now ? element('span', {}, kind) : '');
  }));
  for (const button of buttons.slice(0, 3)) button.disabled = done;
  buttons[3].disabled = next.number === 0 && now === 0;
}

// A key may be pressed before the answer to the one before is back: it waits for it.
function send(make) {
  waiting = waiting.then(async () => {
    if (!question || (question.finished && make !== undo)) return;
    try {
      const before = question;
      show(await post('api/label', make()));
      status.className = '';
      status.textContent = question.number === before.number ? 'saved'
        : `saved in ${question.file}: ${question.number} solutions`;
    } catch (error) {
      status.className = 'error';
      status.textContent = error.message;
    }
  });
}

const undo = () => ({undo: true});
const label = (value) => () => ({number: question.number, step: question.labels.length, label: value});

export function startLabels() {
  const keys = {g: label(1), '+': label(1), n: label(0), '0': label(0), b: label(-1), '-': label(-1), u: undo};
  for (const [i, make] of [label(1), label(0), label(-1), undo].entries())
    buttons[i].addEventListener('click', () => send(make));
  document.addEventListener('keydown', (event) => {
    if (panel.hidden || typing(event) || event.repeat) return;
    const make = keys[event.key.toLowerCase()];
    if (!make) return;
    event.preventDefault();
    send(make);
  });
  return async () => {
    try {
      show(await get('api/label'));
    } catch (error) {
      status.className = 'error';
      status.textContent = error.message;
    }
  };
}
