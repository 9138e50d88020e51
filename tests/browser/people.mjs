// Ranking, labelling and training on the page.

import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const lines = (path) => readFileSync(path, 'utf8').trim().split('\n').filter(Boolean).map(JSON.parse);
const outputs = (page) => page.$$eval('#rank-list li .lines',
  (all) => all.map((one) => [...one.children].map((step) => step.textContent).join('\n')));

async function open(context, tab) {
  const page = await context.page();
  await page.click(`#tab-${tab}`);
  return page;
}

async function saved(page, count) {
  await page.waitForFunction((n) => document.querySelector('#rank-status').textContent.endsWith(`: ${n} ranked`), count);
}

export const peopleTests = [
  ['ten steps are labelled, one key each, and stand in the label file', async (context) => {
    const page = await open(context, 'label');
    const file = join(context.run, 'label-me', 'steps.jsonl');
    const given = []; // what was labelled, solution by solution
    let labels = 0;
    for (let solution = 0; labels < 10; ++solution) {
      await page.waitForFunction((n) => document.querySelector('#label-title').textContent.includes(`solution ${n} of`), solution + 1);
      const problem = await page.textContent('#label-problem');
      const steps = await page.$$eval('#label-steps .text', (all) => all.map((one) => one.textContent));
      const keys = steps.map((_, i) => ({key: 'gn'[i % 2], rating: [1, 0][i % 2]}));
      if (solution % 2 === 1) keys.splice(1, keys.length, ...(steps.length > 1 ? [{key: 'b', rating: -1}] : []));
      for (const {key} of keys) await page.keyboard.press(key);
      labels += keys.length;
      given.push({problem, ratings: keys.map(({rating}) => rating)});
    }
    await page.waitForFunction((n) => document.querySelector('#label-title').textContent.includes(`solution ${n} of`), given.length + 1);
    const found = lines(file).map(({question, label}) => ({problem: question.problem,
      ratings: label.steps.map((step) => step.completions[0].rating)}));
    assert.deepEqual(found, given);
    assert.ok(labels >= 10);

    await page.keyboard.press('u'); // into the solution before
    await page.waitForFunction((n) => document.querySelector('#label-title').textContent.includes(`solution ${n} of`), given.length);
    assert.equal(lines(file).length, given.length - 1);
    await page.screenshot({path: join(context.folder, 'screenshots', 'label-1280.png'), fullPage: true});
    await page.reload(); // nothing is lost
    await page.click('#tab-label');
    await page.waitForFunction((n) => document.querySelector('#label-title').textContent.includes(`solution ${n} of`), given.length);
  }],
  ['ranks are dragged and saved', async (context) => {
    const page = await open(context, 'rank');
    await page.waitForSelector('#rank-list li');
    const before = await outputs(page);
    const problem = await page.textContent('#rank-problem');
    const first = await page.locator('#rank-list li .lines').first().boundingBox();
    const last = await page.locator('#rank-list li').last().boundingBox();
    await page.mouse.move(first.x + 20, first.y + first.height / 2);
    await page.mouse.down();
    await page.mouse.move(first.x + 20, last.y + last.height - 2, {steps: 20});
    await page.screenshot({path: join(context.folder, 'screenshots', 'rank-1280.png'), fullPage: true});
    await page.mouse.up();
    const after = await outputs(page);
    assert.deepEqual(after, [...before.slice(1), before[0]]);
    await page.click('#rank-save');
    await saved(page, 1);
    const pairs = lines(join(context.run, 'rank-me', 'ranks.jsonl'));
    const expected = [];
    for (let a = 0; a < after.length; ++a)
      for (let b = a + 1; b < after.length; ++b)
        expected.push({prompt: problem, chosen: after[a], rejected: after[b]});
    assert.deepEqual(pairs, expected);
  }],
  ['ranks by keys alone: tabs, order, ties, undo', async (context) => {
    const page = await context.page();
    const tabTo = async (reached) => {
      for (let i = 0; i < 40; ++i) {
        if (await page.evaluate(reached)) return;
        await page.keyboard.press('Tab');
      }
      assert.fail('Tab does not lead there');
    };
    await tabTo(() => document.activeElement.id === 'tab-solve');
    await page.keyboard.press('ArrowRight');
    await page.waitForSelector('#rank-list li');
    await tabTo(() => document.activeElement.matches('#rank-list li'));
    const before = await outputs(page);
    await page.keyboard.press('Shift+ArrowDown');
    const after = await outputs(page);
    assert.deepEqual(after.slice(0, 2), [before[1], before[0]]);
    await page.keyboard.press('='); // as good as the one above
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, 'none');
    await page.keyboard.press('Enter');
    await saved(page, 2);
    const file = join(context.run, 'rank-me', 'ranks.jsonl');
    const all = lines(file).length;
    const chosen = lines(file).filter((pair) => pair.chosen === after[0] || pair.chosen === after[1]);
    assert.ok(chosen.every((pair) => ![after[0], after[1]].includes(pair.rejected)));
    await page.keyboard.press('u');
    await saved(page, 1);
    assert.ok(lines(file).length < all);
  }],
  ['the reward model is trained, with its accuracy before and after', async (context) => {
    const page = await open(context, 'reward');
    await page.waitForFunction(() => /there is no model/.test(document.querySelector('#reward-status').textContent));
    await page.fill('#reward-prompts', '100');
    for (const before of ['none', 'reward-me']) {
      await page.click('#reward-go');
      await page.waitForFunction((name) => document.querySelector('#reward-table tbody tr')?.textContent.includes(name),
        before, {timeout: 120000});
      await page.waitForFunction(() => document.querySelector('#reward-status').textContent.startsWith('trained'));
    }
    const after = await page.$eval('#reward-table tbody tr:last-child', (row) => row.textContent);
    assert.match(after, /after: reward-me\d+\.\d %\d+\.\d % to \d+\.\d %\d+/);
    assert.ok(existsSync(join(context.run, 'reward-me', 'model.safetensors')));
    await page.screenshot({path: join(context.folder, 'screenshots', 'reward-1280.png'), fullPage: true});
  }],
];
