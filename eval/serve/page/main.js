// The page: which tab is open, and what the run offers.

import {get} from './api.js';
import {startLabels} from './label.js';
import {startLessons} from './lesson.js';
import {startPuzzles} from './puzzle.js';
import {startRanks} from './rank.js';
import {startReward} from './reward.js';
import {startSearch} from './search.js';

const tabs = [...document.querySelectorAll('[role="tab"]')];
const opened = {}; // what to do when a tab is opened

function open(tab, focus = true) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute('aria-selected', chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute('aria-controls')).hidden = !chosen;
  }
  if (focus) tab.focus();
  opened[tab.getAttribute('aria-controls')]?.();
}

for (const tab of tabs) {
  tab.addEventListener('click', () => open(tab));
  tab.addEventListener('keydown', (event) => {
    const steps = {ArrowRight: 1, ArrowLeft: -1};
    let to = tabs.indexOf(tab);
    if (event.key in steps) to = (to + steps[event.key] + tabs.length) % tabs.length;
    else if (event.key === 'Home') to = 0;
    else if (event.key === 'End') to = tabs.length - 1;
    else return;
    event.preventDefault();
    open(tabs[to]);
  });
}

async function start() {
  const line = document.getElementById('run-line');
  try {
    const run = await get('api/run');
    line.textContent = `${run.run}, world ${run.world}`;
    startSearch(run);
    opened.rank = startRanks();
    opened.label = startLabels();
    opened.reward = startReward();
    opened.lesson = startLessons();
    opened.puzzle = startPuzzles();
  } catch (error) {
    line.textContent = error.message;
    line.className = 'error';
  }
}

start();
