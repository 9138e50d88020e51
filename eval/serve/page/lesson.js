// Lessons: the list of them, and one that is taken. The server has the texts and the state; this
// shows what has been seen, asks what is asked, and runs the experiment.

import {element, get, post, stream} from './api.js';
import {startJudges} from './judge.js';

const panel = document.getElementById('lesson');
const list = element('ol', {id: 'lesson-list'});
const judges = element('button', {type: 'button', id: 'judges-open'}, 'A playground for judges');
const front = element('div', {id: 'lesson-front'},
  element('h2', {}, 'Ten lessons'),
  element('p', {class: 'hint'}, 'A guess first, then the experiment on this run, one formula with its numbers, two questions.'),
  list, judges);
const room = element('div', {id: 'lesson-room', hidden: true});
const status = element('p', {id: 'lesson-status', role: 'status'});
const bar = element('progress', {id: 'lesson-progress', max: '1', value: '0', 'aria-label': 'The experiment', hidden: true});
let lesson = null; // as it stands
let running = null;

function tell(sentence, wrong = false) {
  status.className = wrong ? 'error' : '';
  status.textContent = sentence;
}

// The server's own markup: it escapes all that comes from a run.
function markup(name, attributes, html) {
  const made = element(name, attributes);
  made.innerHTML = html;
  return made;
}

function question(asked) {
  const form = element('form', {id: 'lesson-asked', 'aria-label': 'Your reply'});
  form.append(markup('div', {id: 'lesson-question'}, asked.html));
  const say = (reply) => send({number: lesson.number, step: lesson.step, reply});
  if (asked.choices.length > 0) {
    const buttons = element('div', {class: 'choices'});
    for (const {key, label} of asked.choices) {
      const button = element('button', {type: 'button', 'data-key': key}, element('kbd', {}, key), ` ${label}`);
      button.addEventListener('click', () => say(key));
      buttons.append(button);
    }
    form.append(buttons);
  } else {
    form.append(element('label', {for: 'lesson-reply'}, `Your reply: ${asked.how}`), element('div', {class: 'row'},
      element('input', {id: 'lesson-reply', autocomplete: 'off', spellcheck: 'false', maxlength: '200', required: true}),
      element('button', {type: 'submit', class: 'primary'}, 'Say it')));
  }
  const words = {pass: 'Pass: show the answer', auto: 'Leave the rest to the program'};
  if (asked.words) {
    const other = element('button', {type: 'button', id: 'lesson-word'}, words[asked.words]);
    other.addEventListener('click', () => say(asked.words));
    form.append(element('div', {class: 'row'}, other));
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const field = form.querySelector('#lesson-reply');
    if (field) say(field.value);
  });
  return form;
}

function show(state) {
  lesson = state;
  const back = element('button', {type: 'button', id: 'lesson-back'}, '← All lessons');
  back.addEventListener('click', () => leave());
  const again = element('button', {type: 'button', id: 'lesson-again'}, 'Begin anew');
  again.addEventListener('click', () => send({number: lesson.number, again: true}));
  const title = element('h2', {tabindex: '-1', id: 'lesson-title'}, `${state.number}. ${state.title}`);
  room.replaceChildren(element('div', {class: 'row'}, back, again), title,
    element('p', {class: 'hint'}, `About ${state.minutes} minutes. It can be left at any time, also at the terminal: qstar lesson ${state.number}.`),
    ...state.sections.flatMap((section) => [element('h3', {}, section.title), markup('div', {class: 'lesson-text'}, section.html)]));
  if (state.asked) room.append(question(state.asked));
  room.append(bar, status);
  if (state.phase === 'done') {
    const next = element('button', {type: 'button', class: 'primary', id: 'lesson-next'},
      state.number < 10 ? 'The next lesson' : 'All lessons');
    next.addEventListener('click', () => (state.number < 10 ? open(state.number + 1) : leave()));
    room.append(next);
  }
  const field = room.querySelector('#lesson-reply, #lesson-asked button, #lesson-next') ?? title;
  field.focus({preventScroll: true});
  (room.querySelector('#lesson-asked') ?? title).scrollIntoView({block: 'nearest'});
  if (state.phase === 'experiment') experiment(state.number);
  if (state.said) tell(state.said, state.phase === 'missing');
}

async function experiment(number) {
  running?.abort();
  const leaving = new AbortController();
  running = leaving;
  bar.hidden = false;
  bar.value = 0;
  tell('The experiment runs.');
  try {
    await stream(`api/lesson-run?number=${number}`, {signal: leaving.signal}, (event, data) => {
      if (running !== leaving) return;
      if (event === 'progress') {
        bar.value = data.share;
        tell(data.what ? `The experiment runs: ${data.what}.` : 'The experiment runs.');
      } else if (event === 'done') {
        bar.hidden = true;
        tell('');
        show(data);
        document.querySelector('#lesson-room h3:nth-of-type(2)')?.scrollIntoView({block: 'nearest'});
      }
    });
  } catch (error) {
    if (error.name !== 'AbortError') tell(error.message, true);
  }
  if (running === leaving) {
    running = null;
    bar.hidden = true;
  }
}

let waiting = Promise.resolve(); // replies are sent one after the other
function send(body) {
  waiting = waiting.then(async () => {
    try {
      const state = await post('api/lesson', body);
      tell('');
      show(state);
    } catch (error) {
      tell(error.message, true);
    }
  });
}

async function open(number) {
  tell('');
  try {
    const state = await get(`api/lesson?number=${number}`);
    front.hidden = true;
    room.hidden = false;
    show(state);
    document.getElementById('lesson-title').focus();
    room.scrollIntoView({block: 'start'});
  } catch (error) {
    front.append(status);
    tell(error.message, true);
  }
}

async function leave() {
  running?.abort();
  running = null;
  bar.hidden = true;
  lesson = null;
  room.hidden = true;
  front.hidden = false;
  front.append(status);
  tell('');
  await fill();
}

async function fill() {
  try {
    const {lessons} = await get('api/lessons');
    list.replaceChildren(...lessons.map((one) => {
      const button = element('button', {type: 'button', 'data-lesson': one.number}, `${one.number}. ${one.title}`);
      button.addEventListener('click', () => open(one.number));
      return element('li', {}, button, element('span', {class: 'hint'}, `${one.minutes} min, ${one.progress}`));
    }));
  } catch (error) {
    tell(error.message, true);
  }
}

// A choice by its key, wherever the focus is within the lesson.
function byKey(event) {
  if (panel.hidden || room.hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest?.('input, textarea, select')) return;
  const button = [...room.querySelectorAll('#lesson-asked [data-key]')].find((one) => one.dataset.key === event.key.toLowerCase());
  if (!button) return;
  event.preventDefault();
  button.click();
}

export function startLessons() {
  const openJudges = startJudges(() => leave());
  panel.append(front, room);
  front.append(status);
  judges.addEventListener('click', () => {
    front.hidden = true;
    room.hidden = false;
    openJudges(room);
  });
  document.addEventListener('keydown', byKey);
  return () => {
    if (room.hidden) fill();
  };
}
