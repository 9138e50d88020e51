// Ranking: solutions of one problem, dragged or moved by keys into an order.

import {element, get, post, typing} from './api.js';

const list = document.getElementById('rank-list');
const status = document.getElementById('rank-status');
const panel = document.getElementById('rank');
let question = null;
let busy = false;

const items = () => [...list.children];
const tied = (item) => item.classList.contains('tied');

// The number in front of each: the best is 1, one that is tied has that of the one above.
function number() {
  let place = 0;
  for (const [i, item] of items().entries()) {
    if (i === 0) item.classList.remove('tied');
    if (!tied(item)) ++place;
    item.dataset.place = place;
    item.querySelector('.place').textContent = tied(item) ? '=' : place;
    item.querySelector('.equal').setAttribute('aria-pressed', tied(item));
    item.querySelector('.equal').disabled = i === 0;
    item.setAttribute('aria-label', `place ${place}: ${item.dataset.text}`);
  }
}

function move(item, by) {
  const all = items();
  const to = all.indexOf(item) + by;
  if (to < 0 || to >= all.length) return;
  if (by < 0) all[to].before(item);
  else all[to].after(item);
  item.classList.remove('tied');
  number();
  item.focus();
  status.textContent = `now at place ${item.dataset.place}`;
}

function tie(item) {
  if (item === list.firstElementChild) return;
  item.classList.toggle('tied');
  number();
}

// Dragging with mouse, pen or finger: whom the held one passes goes to its other side. (The
// held one itself must stay where it is in the document, or it would lose the pointer.)
function draggable(item) {
  item.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.target.closest('button')) return;
    item.setPointerCapture(event.pointerId);
    item.classList.add('held');
  });
  item.addEventListener('pointermove', (event) => {
    if (!item.classList.contains('held')) return;
    const middle = (other) => {
      const box = other.getBoundingClientRect();
      return box.top + box.height / 2;
    };
    const before = item.previousElementSibling, after = item.nextElementSibling;
    if (before && event.clientY < middle(before)) item.after(before);
    else if (after && event.clientY > middle(after)) item.before(after);
    else return;
    item.classList.remove('tied');
    number();
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture'])
    item.addEventListener(end, () => item.classList.remove('held'));
}

function card(steps, output) {
  const button = (kind, text, label, act) => {
    const made = element('button', {type: 'button', class: kind, 'aria-label': label}, text);
    made.addEventListener('click', () => act());
    return made;
  };
  const item = element('li', {tabindex: 0, 'data-output': output, 'data-text': steps.join(', then ')},
    element('span', {class: 'place'}),
    element('span', {class: 'lines'}, ...steps.map((step) => element('span', {}, step))));
  item.append(button('up', '↑', 'up', () => move(item, -1)), button('down', '↓', 'down', () => move(item, 1)),
    button('equal', '=', 'as good as the one above', () => tie(item)));
  draggable(item);
  return item;
}

function show(next) {
  question = next;
  const done = next.finished;
  document.getElementById('rank-title').textContent =
    done ? 'All prompts are ranked' : `Which is the best? (${next.number + 1} of ${next.of})`;
  document.getElementById('rank-problem').textContent = next.problem ?? '';
  list.replaceChildren(...(next.outputs ?? []).map(card));
  document.getElementById('rank-save').disabled = done;
  document.getElementById('rank-undo').disabled = next.number === 0;
  number();
}

async function send(answer) {
  if (busy || !question) return;
  busy = true;
  try {
    const inside = list.contains(document.activeElement) || document.activeElement === document.body;
    show(await post('api/rank', answer));
    status.className = '';
    status.textContent = `saved in ${question.file}: ${question.number} ranked`;
    if (inside) list.firstElementChild?.focus();
  } catch (error) {
    status.className = 'error';
    status.textContent = error.message;
  }
  busy = false;
}

function save() {
  const places = [];
  for (const item of items()) places[item.dataset.output] = Number(item.dataset.place);
  send({number: question.number, places});
}

export function startRanks() {
  document.getElementById('rank-save').addEventListener('click', save);
  document.getElementById('rank-undo').addEventListener('click', () => send({undo: true}));
  panel.addEventListener('keydown', (event) => {
    if (typing(event) || event.target.closest('button')) return;
    const item = event.target.closest('#rank-list > li');
    const keys = {
      Enter: save,
      u: () => send({undo: true}),
      '=': () => item && tie(item),
      ArrowUp: () => item && (event.shiftKey ? move(item, -1) : item.previousElementSibling?.focus()),
      ArrowDown: () => item && (event.shiftKey ? move(item, 1) : item.nextElementSibling?.focus()),
    };
    const act = keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
  return async () => {
    try {
      show(await get('api/rank'));
    } catch (error) {
      status.className = 'error';
      status.textContent = error.message;
    }
  };
}
