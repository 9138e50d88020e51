// Solving: one pane, or two side by side, each with its method, its tree and its result.

import {element, get, stream} from './api.js';
import {Tree} from './tree.js';

const names = {
  greedy: 'greedy', majority: 'majority vote', 'best-of-n': 'best of N', beam: 'step beam',
  mcts: 'MCTS', astar: 'A*', qstar: 'Q*', none: 'none', orm: 'ORM (answers)', prm: 'PRM (steps)', q: 'Q-values',
  reward: 'of ranks', 'reward-me': 'of your ranks',
};

class Pane {
  constructor(run, number, method) {
    const field = (label, control) => element('div', {},
      element('label', {for: control.id}, label), control);
    const choice = (what, values, chosen) => {
      const select = element('select', {id: `${what}-${number}`});
      for (const value of values)
        select.append(element('option', {value, selected: value === chosen}, names[value] ?? value));
      return select;
    };
    this.run = run;
    this.method = choice('method', run.methods, method);
    this.scorer = choice('scorer', ['none', ...run.scorers], run.scorers.includes('prm') ? 'prm' : run.scorers[0]);
    this.budget = element('input', {id: `budget-${number}`, type: 'number', min: 1, max: 20000, value: 600});
    this.stop = element('button', {type: 'button', id: `stop-${number}`, disabled: true}, 'Stop');
    this.status = element('p', {class: 'status', role: 'status', id: `status-${number}`}, ' ');
    this.answer = element('p', {class: 'answer', id: `answer-${number}`});
    this.beyond = element('p', {class: 'status', id: `beyond-${number}`});
    this.map = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    this.map.setAttribute('class', 'map');
    this.map.setAttribute('role', 'img');
    this.map.setAttribute('aria-label', 'Tree of the search, empty');
    this.list = element('ul', {role: 'tree', id: `tree-${number}`, 'aria-label': 'Steps that were drawn'});
    this.root = element('section', {class: 'pane', 'aria-label': `Search ${number}`},
      element('div', {class: 'fields'}, field('Method', this.method), field('Reward model', this.scorer),
        field('Tokens at most', this.budget)),
      element('div', {class: 'row'}, this.status, this.stop), this.beyond, this.answer, this.map, this.list);
    this.stop.addEventListener('click', () => this.leaving?.abort());
  }

  async solve(problem) {
    this.leaving?.abort();
    const leaving = this.leaving = new AbortController();
    this.answer.replaceChildren();
    this.beyond.replaceChildren();
    this.status.classList.remove('error');
    this.status.textContent = 'begins ...';
    this.stop.disabled = false;
    const asked = new URLSearchParams({problem, method: this.method.value, scorer: this.scorer.value,
      budget: this.budget.value});
    // In slow motion the events wait for each other; the search itself is as fast as ever.
    const pace = document.getElementById('slow').checked ? 500 : 0;
    let shown = Promise.resolve();
    const show = async (event, data) => {
      if (leaving.signal.aborted) return;
      this.on(event, data);
      if (pace > 0 && event === 'grow') await new Promise((resolve) => { setTimeout(resolve, pace); });
    };
    let failure = null;
    try {
      await stream(`api/search?${asked}`, {signal: leaving.signal},
        (event, data) => { shown = shown.then(() => show(event, data)); });
    } catch (error) {
      failure = error;
    }
    await shown;
    if (this.leaving !== leaving) return; // another search has begun here
    this.stop.disabled = true;
    if (leaving.signal.aborted) {
      this.status.textContent = 'stopped';
    } else if (failure) {
      this.status.textContent = failure.message;
      this.status.classList.add('error');
    }
  }

  // A reward model has come to the run.
  offer(scorers) {
    for (const value of scorers)
      if (![...this.scorer.options].some((option) => option.value === value))
        this.scorer.append(element('option', {value}, names[value] ?? value));
  }

  on(event, data) {
    if (event === 'begin') {
      this.tree = new Tree(data.problem, this.list, this.map);
      this.beyond.textContent = data.beyond;
    }
    if (event === 'grow') {
      this.tree.grow(data);
      const more = data.hidden ? `, ${data.hidden} more not shown` : '';
      this.status.textContent = `searching: ${data.tokens} tokens, ${this.tree.nodes.size - 1} steps${more}`;
    }
    if (event === 'done') this.show(data);
  }

  show(result) {
    this.tree.choose(result.path);
    this.status.textContent = `${result.tokens} tokens, ${result.expanded} expanded, ` +
      `${result.generated} drawn, ${result.seconds.toFixed(2)} s`;
    if (!result.finished) {
      this.answer.replaceChildren('No answer: no solution was finished.');
      return;
    }
    this.answer.replaceChildren('Answer ', element('b', {}, result.answer), ', ',
      element('span', {class: result.correct ? 'right' : 'wrong'}, result.correct ? 'right' : 'wrong'),
      ' by the verifier');
  }
}

export function startSearch(run) {
  const problem = document.getElementById('problem');
  const compare = document.getElementById('compare');
  const panes = [new Pane(run, 1, run.scorers.length > 0 ? 'astar' : 'greedy'), new Pane(run, 2, 'greedy')];
  const place = document.getElementById('panes');
  const arrange = () => {
    if (!compare.checked) panes[1].leaving?.abort();
    place.replaceChildren(...(compare.checked ? panes : panes.slice(0, 1)).map((pane) => pane.root));
    place.classList.toggle('two', compare.checked);
  };
  compare.addEventListener('change', arrange);
  arrange();

  document.addEventListener('trained', async () => {
    const {scorers} = await get('api/run');
    for (const pane of panes) pane.offer(scorers);
  });

  let example = 0;
  const next = () => { problem.value = run.examples[example++ % run.examples.length] ?? ''; };
  document.getElementById('example').addEventListener('click', next);
  next();
  document.getElementById('problem-form').addEventListener('submit', (event) => {
    event.preventDefault();
    for (const pane of compare.checked ? panes : panes.slice(0, 1)) pane.solve(problem.value);
  });
}
