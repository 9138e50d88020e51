// A playground for judges: a solution is typed, and each reward model's scores stand beside each
// step as it changes. Wrong ones that convince are kept, and an ORM learns from them.

import {element, get, post, stream} from './api.js';

const names = {orm: 'ORM', prm: 'PRM', q: 'Q'};
const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;

function table(caption, columns, rows) {
  return element('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': caption}, element('table', {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...columns.map((one) => element('th', {scope: 'col'}, one)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, String(cell))))))));
}

export function startJudges(leave) {
  const back = element('button', {type: 'button', id: 'judge-back'}, '← All lessons');
  const problem = element('input', {id: 'judge-problem', autocomplete: 'off', spellcheck: 'false', maxlength: '600'});
  const text = element('textarea', {id: 'judge-steps', rows: '5', spellcheck: 'false', autocomplete: 'off'});
  const scores = element('div', {id: 'judge-scores', 'aria-live': 'polite'});
  const kept = element('div', {id: 'judge-kept'});
  const keep = element('button', {type: 'button', id: 'judge-keep'}, 'Keep: it is wrong and convinces');
  const find = element('button', {type: 'button', id: 'judge-find'}, 'Find twenty that convince the ORM');
  const train = element('button', {type: 'button', id: 'judge-train', class: 'primary'}, 'Train on what is kept');
  const bar = element('progress', {max: '1', value: '0', 'aria-label': 'Training', hidden: true});
  const curve = element('div', {id: 'judge-curve'});
  const status = element('p', {id: 'judge-status', role: 'status'});
  let judges = [];
  let asked = 0; // the latest question: answers to others come too late

  const tell = (sentence, wrong = false) => {
    status.className = wrong ? 'error' : '';
    status.textContent = sentence;
  };
  const solution = () => ({
    problem: problem.value, finished: true,
    steps: text.value.split('\n').map((line) => line.trim()).filter(Boolean),
  });

  async function say(body) {
    const found = await post('api/judge', body);
    if (found.error) throw new Error(found.error);
    return found;
  }

  async function judge() {
    const mine = ++asked;
    const {steps, ...rest} = solution();
    try {
      const found = await say({steps, ...rest});
      if (mine !== asked) return;
      tell('');
      scores.replaceChildren(table('What the judges say of each step', ['step', ...judges.map((name) => names[name]), 'verifier'],
        steps.map((step, i) => [step, ...judges.map((name) => percent(found.scores[name][i])), found.labels[i] ?? '-'])),
      element('p', {}, found.solved ? 'The answer is right.' : 'The answer is wrong.'));
    } catch (error) {
      if (mine === asked) tell(error.message, true);
    }
  }

  function showKept(rows) {
    train.disabled = rows.length === 0;
    kept.replaceChildren(rows.length === 0 ? element('p', {class: 'hint'}, 'Nothing is kept yet.')
      : table('The most convincing wrong solutions', ['problem', 'solution', 'right', ...judges.map((name) => names[name])],
        rows.map((row) => [row.problem, row.solution, row.right, ...judges.map((name) => percent(row[name]))])));
  }

  keep.addEventListener('click', async () => {
    try {
      showKept((await say({...solution(), keep: true})).kept);
      tell('Kept.');
    } catch (error) {
      tell(error.message, true);
    }
  });
  find.addEventListener('click', async () => {
    tell('The ORM reads labelled solutions.');
    try {
      showKept((await say({find: true})).kept);
      tell('Kept.');
    } catch (error) {
      tell(error.message, true);
    }
  });
  train.addEventListener('click', async () => {
    train.disabled = true;
    bar.hidden = false;
    try {
      await stream('api/judge-train', {}, (event, data) => {
        if (event === 'progress') {
          bar.value = data.share;
          tell(data.what);
        }
        if (event !== 'done') return;
        tell(`Trained: two ORMs on ${data.outcomes} outcomes, one with ${data.kept.length} kept solutions besides.`);
        curve.replaceChildren(
          table(`Best of N by the ORM, solved of ${data.problems} held-out problems`, ['', ...data.sizes.map((n) => `N = ${n}`)],
            [['before', ...data.before.map(percent)], ['after', ...data.after.map(percent)]]),
          table('What both say of the kept solutions', ['solution', 'before', 'after'],
            data.kept.map((one) => [one.solution, percent(one.before), percent(one.after)])));
      });
    } catch (error) {
      tell(error.message, true);
    }
    bar.hidden = true;
    train.disabled = false;
  });
  back.addEventListener('click', () => leave());
  for (const field of [problem, text]) field.addEventListener('input', judge);

  return async (room) => {
    room.replaceChildren(element('div', {class: 'row'}, back), element('h2', {}, 'A playground for judges'),
      element('p', {class: 'hint'}, 'Write a solution, a step a line; the last one is its answer. Find one that is wrong and that the judges believe.'),
      element('label', {for: 'judge-problem'}, 'A problem'), problem,
      element('label', {for: 'judge-steps'}, 'A solution, a step a line'), text,
      scores, element('div', {class: 'row'}, keep, find, train), bar, status, kept, curve);
    try {
      const state = await get('api/judge');
      judges = state.judges;
      if (!problem.value) problem.value = state.problem;
      showKept(state.kept);
      text.focus();
      if (text.value) judge();
    } catch (error) {
      tell(error.message, true);
    }
  };
}
