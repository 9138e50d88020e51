// Solving on the page: live, side by side, stopped, refused.

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

// Easy ones, and many: the model has seen little.
const problems = [];
for (const a of [1, 2, 3, 5, 7])
  for (const b of [1, 2, 4])
    for (const last of ['+1', '+2', '-1', '*2']) problems.push(`${a}+${b}${last}`, `${a}*${b}${last}`);

// A problem that the small model's A* solves, as the command line finds it.
function solvable({qstar, run, folder}) {
  const input = join(folder, 'problems.txt'), output = join(folder, 'results.jsonl');
  writeFileSync(input, problems.join('\n') + '\n');
  const found = spawnSync(qstar, ['search', '--problems', input, '--out', output, '--run', run,
    '--method', 'astar', '--scorer', 'prm', '--budget', '600'], {encoding: 'utf8'});
  assert.equal(found.status, 0, found.stderr);
  const results = readFileSync(output, 'utf8').trim().split('\n').map(JSON.parse);
  const solved = results.find((result) => result.correct);
  assert.ok(solved, `the small model solves none of ${results.length} easy problems`);
  return solved;
}

async function solve(page, problem) {
  await page.fill('#problem', problem);
  await page.click('#go');
  await page.waitForFunction(() => /expanded/.test(document.querySelector('#status-1').textContent), {timeout: 60000});
}

export const solveTests = [
  ['a problem is solved live, and its right answer appears', async (context) => {
    const expected = solvable(context);
    const page = await context.page();
    await solve(page, expected.problem);
    const answer = await page.textContent('#answer-1');
    assert.equal(answer, `Answer ${expected.answer}, right by the verifier`);
    const status = await page.textContent('#status-1');
    assert.ok(status.startsWith(`${expected.tokens} tokens, ${expected.expanded} expanded`), status);
    // The path in the tree is the solution, with the order in which it was expanded.
    const path = await page.$$eval('#tree-1 .node.path .text', (all) => all.map((one) => one.textContent));
    assert.deepEqual(path.map((text) => text.replace(' ◆', '')), [expected.problem, ...expected.steps]);
    assert.equal(await page.textContent('#tree-1 .node .order'), '1');
    assert.equal(await page.$$eval('.map circle', (all) => all.length),
      await page.$$eval('#tree-1 .node', (all) => all.length));
    assert.ok(await page.$$eval('#tree-1 .node.scored', (all) => all.length) > 1);
    await page.screenshot({path: join(context.folder, 'screenshots', 'solved-1280.png'), fullPage: true});
  }],
  ['the tree grows while the search goes on', async (context) => {
    const page = await context.page();
    await page.check('#slow');
    await page.evaluate(() => {
      window.sizes = new Set();
      const tree = document.getElementById('tree-1');
      new MutationObserver(() => window.sizes.add(tree.querySelectorAll('.node').length))
        .observe(tree, {childList: true, subtree: true});
    });
    await page.selectOption('#method-1', 'beam');
    await solve(page, '3*(4+5)-2');
    const sizes = await page.evaluate(() => [...window.sizes]);
    assert.ok(sizes.length >= 3, `the tree had the sizes ${sizes}`);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => a - b));
  }],
  ['two methods side by side', async (context) => {
    const page = await context.page();
    await page.check('#compare');
    await page.selectOption('#method-2', 'best-of-n');
    await page.fill('#problem', '3*(4+5)-2');
    await page.press('#problem', 'Enter');
    for (const number of [1, 2])
      await page.waitForFunction((n) => /expanded/.test(document.querySelector(`#status-${n}`).textContent), number, {timeout: 60000});
    const boxes = await page.$$eval('.pane', (all) => all.map((one) => one.getBoundingClientRect().left));
    assert.equal(boxes.length, 2);
    assert.ok(boxes[1] > boxes[0]);
    await page.screenshot({path: join(context.folder, 'screenshots', 'compare-1280.png'), fullPage: true});
  }],
  ['what is no problem is refused in a sentence, and a search can be stopped', async (context) => {
    const page = await context.page();
    await page.fill('#problem', '3*(4+');
    await page.click('#go');
    await page.waitForSelector('#status-1.error');
    assert.match(await page.textContent('#status-1'), /expected/);
    // At once, or the search has ended before.
    await page.evaluate(() => {
      document.getElementById('problem').value = '3*(4+5)-2*(7-3)';
      document.getElementById('go').click();
      document.getElementById('stop-1').click();
    });
    await page.waitForFunction(() => document.querySelector('#status-1').textContent === 'stopped');
  }],
  ['the tree is gone through by keys', async (context) => {
    const page = await context.page();
    await solve(page, '1+2+3');
    await page.focus('#tree-1 [role=treeitem]');
    const focused = () => page.evaluate(() => document.activeElement.dataset.id);
    assert.equal(await focused(), '0');
    await page.keyboard.press('ArrowDown');
    assert.notEqual(await focused(), '0');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focused(), '0');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.getAttribute('#tree-1 [role=treeitem]', 'aria-expanded'), 'false');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    assert.notEqual(await focused(), '0');
  }],
];
