// A puzzle as a picture: clicked out of order by hand or at random, solved step by step.

import {element, get} from './api.js';

const faces = ['U', 'D', 'L', 'R', 'B', 'F'];

// An element whose grid is `width` cells wide.
function grid(width, attributes) {
  const made = element('div', attributes);
  made.style.setProperty('--width', width);
  return made;
}

// What the three kinds of puzzle look like and what a click does. A state is a list of numbers;
// click(number) plays what stands there.
const kinds = {
  sliding: {
    read: (text) => text.split(' ').map(Number),
    text: (state) => state.join(' '),
    hint: 'Click a tile beside the gap: it slides.',
    moves(puzzle, state) {
      const blank = state.indexOf(0), width = puzzle.size, found = [];
      for (const [by, may] of [[-width, blank >= width], [width, blank < width * (width - 1)],
        [-1, blank % width > 0], [1, blank % width < width - 1]])
        if (may) found.push(String(state[blank + by]));
      return found;
    },
    apply(puzzle, state, name) {
      const next = [...state], at = state.indexOf(Number(name)), blank = state.indexOf(0);
      [next[at], next[blank]] = [0, Number(name)];
      return next;
    },
    draw(puzzle, state, play) {
      const legal = new Set(this.moves(puzzle, state));
      const board = grid(puzzle.size, {class: 'board'});
      for (const tile of state) {
        const cell = element('button', {type: 'button', class: tile ? 'tile' : 'tile gap',
          'aria-label': tile ? `tile ${tile}` : 'gap', disabled: !legal.has(String(tile))}, tile ? String(tile) : '');
        if (tile) cell.addEventListener('click', () => play(String(tile)));
        board.append(cell);
      }
      return [board];
    },
  },
  'lights-out': {
    read: (text) => [...text.replaceAll(' ', '')].map(Number),
    text: (state) => state.join(''),
    hint: 'A press toggles a light and its neighbours. All must go out.',
    moves: (puzzle, state) => state.map((_, i) => String(i)),
    apply(puzzle, state, name) {
      const next = [...state], at = Number(name), width = puzzle.size;
      const row = Math.floor(at / width), column = at % width;
      for (const [r, c] of [[row, column], [row - 1, column], [row + 1, column], [row, column - 1], [row, column + 1]])
        if (r >= 0 && r < width && c >= 0 && c < width) next[r * width + c] ^= 1;
      return next;
    },
    draw(puzzle, state, play) {
      const board = grid(puzzle.size, {class: 'board'});
      state.forEach((on, i) => {
        const cell = element('button', {type: 'button', class: on ? 'light on' : 'light', 'aria-pressed': String(on === 1),
          'aria-label': `light ${i}`});
        cell.addEventListener('click', () => play(String(i)));
        board.append(cell);
      });
      return [board];
    },
  },
  cube: {
    read: (text) => text.split(' ').map(Number),
    text: (state) => state.join(' '),
    hint: 'Click a face: it turns clockwise; with Shift the other way. The buttons do the same.',
    moves: (puzzle) => Object.keys(puzzle.moves),
    apply: (puzzle, state, name) => puzzle.moves[name].map((from) => state[from]),
    draw(puzzle, state, play) {
      const size = Math.round(Math.sqrt(state.length / 6));
      const net = element('div', {class: 'net', role: 'img', 'aria-label': `The cube unfolded: ${state.join(' ')}`});
      faces.forEach((name, number) => {
        const face = grid(size, {class: 'face', 'data-face': name});
        for (let i = 0; i < size * size; ++i)
          face.append(element('span', {class: `sticker ${faces[Math.floor(state[number * size * size + i] / (size * size))]}`}));
        face.addEventListener('click', (event) => {
          const move = event.shiftKey ? `${name}'` : name;
          if (move in puzzle.moves) play(move);
        });
        net.append(face);
      });
      const turns = element('div', {class: 'row turns'});
      for (const name of this.moves(puzzle)) {
        const turn = element('button', {type: 'button'}, name);
        turn.addEventListener('click', () => play(name));
        turns.append(turn);
      }
      return [net, turns];
    },
  },
};

export function startPuzzles() {
  const root = document.getElementById('puzzle');
  const button = (id, text, primary) => element('button', {type: 'button', id, class: primary ? 'primary' : undefined}, text);
  const select = element('select', {id: 'puzzle-name'});
  const scramble = button('puzzle-scramble', 'Scramble'), solve = button('puzzle-solve', 'Solve', true);
  const back = button('puzzle-back', 'Back'), step = button('puzzle-step', 'Step'), run = button('puzzle-run', 'Play');
  const hint = element('p', {class: 'hint'}), picture = element('div', {id: 'puzzle-picture'});
  const status = element('p', {id: 'puzzle-status', role: 'status'});
  const steps = element('ol', {id: 'puzzle-steps', 'aria-label': 'Steps of the solution'});
  root.replaceChildren(element('label', {for: 'puzzle-name'}, 'A puzzle'),
    element('div', {class: 'row'}, select, scramble, solve), hint, picture,
    element('div', {class: 'row'}, back, step, run), status, steps);

  let puzzle, kind, state, path = null, at = 0, timer = 0, asked = 0;
  const solved = () => kind.text(state) === kind.text(kind.read(puzzle.goal));
  const stop = () => { clearInterval(timer); timer = 0; run.textContent = 'Play'; };

  function show() {
    const focused = picture.contains(document.activeElement) ? document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent : null;
    picture.replaceChildren(...kind.draw(puzzle, state, play));
    if (focused !== null)
      [...picture.querySelectorAll('button')].find((one) => (one.getAttribute('aria-label') ?? one.textContent) === focused)?.focus();
    picture.classList.toggle('solved', solved());
    back.disabled = path === null || at === 0;
    step.disabled = run.disabled = path === null || at === path.states.length;
    [...steps.children].forEach((one, i) => one.setAttribute('aria-current', i + 1 === at ? 'step' : 'false'));
  }
  function forget() {
    stop();
    ++asked;
    path = null;
    steps.replaceChildren();
    solve.disabled = false;
  }
  function say(text, wrong = false) {
    status.textContent = text;
    status.className = wrong ? 'error' : '';
  }
  function play(name) {
    forget();
    state = kind.apply(puzzle, state, name);
    say(solved() ? 'solved' : '');
    show();
  }
  function go(to) {
    state = to === 0 ? path.start : kind.read(path.states[to - 1]);
    at = to;
    if (at === path.states.length) stop();
    show();
  }
  function choose(chosen) {
    forget();
    puzzle = chosen;
    kind = kinds[puzzle.moves ? 'cube' : puzzle.world];
    state = kind.read(puzzle.goal);
    hint.textContent = kind.hint;
    say('');
    show();
  }

  scramble.addEventListener('click', () => {
    forget();
    for (let i = 0; i < (puzzle.moves ? 30 : 40 * puzzle.size); ++i) {
      const moves = kind.moves(puzzle, state);
      state = kind.apply(puzzle, state, moves[Math.floor(Math.random() * moves.length)]);
    }
    say('');
    show();
  });
  solve.addEventListener('click', async () => {
    forget();
    const mine = asked, start = state;
    solve.disabled = true;
    say('solving ...');
    try {
      const query = new URLSearchParams({world: puzzle.world, size: puzzle.size, state: kind.text(state)});
      const found = await get(`api/puzzle?${query}`);
      if (mine !== asked) return; // another state stands there now
      path = {...found, start};
      at = 0;
      steps.replaceChildren(...found.steps.map((name) => element('li', {}, name)));
      const looked = found.expanded ? `, ${found.expanded} states expanded, ${found.seconds.toFixed(2)} s` : '';
      say(`${found.steps.length} steps by ${found.method}${looked}`);
    } catch (error) {
      if (mine === asked) say(error.message, true);
    }
    if (mine === asked) solve.disabled = false;
    show();
  });
  step.addEventListener('click', () => { stop(); go(at + 1); });
  back.addEventListener('click', () => { stop(); go(at - 1); });
  run.addEventListener('click', () => {
    if (timer) return stop();
    run.textContent = 'Pause';
    timer = setInterval(() => go(at + 1), 400);
  });

  let all = null;
  select.addEventListener('change', () => choose(all[select.selectedIndex]));
  return async () => { // when the tab is opened
    if (all !== null) return;
    try {
      all = await get('api/puzzles');
      select.replaceChildren(...all.map((one) => element('option', {}, one.title)));
      choose(all[0]);
    } catch (error) {
      say(error.message, true);
    }
  };
}
