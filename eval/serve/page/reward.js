// Training the reward model of the ranks, and what it predicts before and after.

import {element, get, stream} from './api.js';

const status = document.getElementById('reward-status');
const bar = document.getElementById('reward-progress');
const go = document.getElementById('reward-go');
const stop = document.getElementById('reward-stop');
const table = document.getElementById('reward-table');
let leaving = null;

const percent = (share) => `${(100 * share).toFixed(1)} %`;

function tell(text, isError = false) {
  status.textContent = text;
  status.className = isError ? 'error' : '';
}

function row(when, found) {
  const cells = found
    ? [percent(found.accuracy), `${percent(found.low)} to ${percent(found.high)}`, found.pairs]
    : ['-', '-', '-'];
  return element('tr', {}, element('th', {scope: 'row'}, found ? `${when}: ${found.model}` : `${when}: none`),
    ...cells.map((cell) => element('td', {}, String(cell))));
}

function on(event, data) {
  if (event === 'step') {
    bar.value = data.step / data.steps;
    tell(`step ${data.step} of ${data.steps}, loss ${data.loss.toFixed(3)}`);
  } else if (event === 'done') {
    bar.value = 1;
    table.hidden = false;
    document.dispatchEvent(new Event('trained'));
    table.tBodies[0].replaceChildren(row('before', data.before), row('after', data.after));
    tell(data.after ? `trained: predicts ${percent(data.after.accuracy)} of the held-out pairs`
      : 'trained; none of the ranked problems is held out (one in twenty is), so nothing can be said of it');
  }
}

async function train(event) {
  event.preventDefault();
  leaving = new AbortController();
  go.disabled = true;
  stop.disabled = false;
  bar.hidden = false;
  bar.removeAttribute('value');
  tell('the model as it is predicts the held-out pairs ...');
  try {
    await stream('api/reward', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({from: document.getElementById('reward-from').value,
        prompts: Number(document.getElementById('reward-prompts').value)}),
      signal: leaving.signal,
    }, on);
  } catch (error) {
    if (error.name === 'AbortError') tell('stopped');
    else tell(error.message, true);
  }
  bar.hidden = true;
  go.disabled = false;
  stop.disabled = true;
}

export function startReward() {
  document.getElementById('reward-form').addEventListener('submit', train);
  stop.addEventListener('click', () => leaving?.abort());
  return async () => {
    if (!stop.disabled) return; // it is training
    try {
      const state = await get('api/reward');
      tell(`${state.mine} ranked pairs are yours, ${state.run} the run's; ` +
        (state.model ? `the latest model is ${state.model}` : 'there is no model of them yet'));
    } catch (error) {
      tell(error.message, true);
    }
  };
}
