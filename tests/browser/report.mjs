// The report: a file that asks nobody for anything, whose trees open, fold and play.

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';

function make(context) {
  const flags = ['--run', context.run, '--problems', '8', '--samples', '2', '--shown', '4'];
  const made = spawnSync(context.qstar, ['eval', 'report', ...flags], {encoding: 'utf8'});
  assert.equal(made.status, 0, made.stderr);
  return pathToFileURL(resolve(context.run, 'report.html')).href;
}

async function open(context, options = {}) {
  const address = make(context);
  const page = await context.page(options);
  const asked = [];
  await page.goto('about:blank');
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(address);
  assert.deepEqual(asked.filter((url) => url !== address && !url.startsWith('data:')), []);
  return page;
}

async function treesByKeyboard(context) {
  const page = await open(context);
  const tree = page.locator('.tree').first();
  const nodes = tree.locator('[role=treeitem]');
  const all = await nodes.count();
  assert.ok(all > 2, 'the first tree has more than two nodes');
  await nodes.first().focus();
  await page.keyboard.press('ArrowLeft'); // fold
  assert.equal(await nodes.first().getAttribute('aria-expanded'), 'false');
  assert.equal(await tree.locator('[role=treeitem]:visible').count(), 1);
  await page.keyboard.press('ArrowRight'); // unfold
  assert.equal(await tree.locator('[role=treeitem]:visible').count(), all);
  await page.keyboard.press('ArrowDown'); // the first child says what it is
  const facts = await page.locator('.facts').first().textContent();
  assert.match(facts, /PRM 0|PRM 1/);
  assert.match(facts, /the verifier: /);
  await page.keyboard.press('Home');
  assert.ok(await nodes.first().evaluate((node) => node === document.activeElement));
}

async function treesPlay(context) {
  const page = await open(context);
  const card = page.locator('.tree-card').first();
  const turns = Number(await card.locator('input').getAttribute('max'));
  await card.locator('.play').click();
  assert.ok(await card.locator('.future').count() > 0, 'before the first expansion nodes are missing');
  await page.waitForFunction(
    (n) => document.querySelector('.tree-card output').textContent === `${n} of ${n}`, turns, {timeout: 20000});
  assert.equal(await card.locator('.future').count(), 0);
  await card.locator('input').focus();
  await page.keyboard.press('Home');
  assert.equal(await card.locator('output').textContent(), `0 of ${turns}`);
}

async function look(context, width, colorScheme) {
  const page = await open(context, {viewport: {width, height: 900}, colorScheme});
  for (const details of await page.locator('details').all()) await details.evaluate((one) => { one.open = true; });
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wider, 0, `the report at ${width} px is wider than the window`);
  // Every number says where it stands in the data, and stands there.
  const wrong = await page.evaluate(() => {
    const data = JSON.parse(document.getElementById('data').textContent);
    const at = (pointer) => pointer.split('/').slice(1).reduce((value, key) => value?.[key], data);
    return [...document.querySelectorAll('data')].filter((one) => Number(one.value) !== at(one.dataset.at))
      .map((one) => one.outerHTML);
  });
  assert.deepEqual(wrong, []);
  await page.screenshot({path: join(context.folder, 'screenshots', `report-${width}-${colorScheme}.png`), fullPage: true});
}

export const reportTests = [
  ['the report: trees by keyboard', treesByKeyboard],
  ['the report: trees are played', treesPlay],
  ['the report: 1280 px, light', (context) => look(context, 1280, 'light')],
  ['the report: 1280 px, dark', (context) => look(context, 1280, 'dark')],
  ['the report: 390 px, light', (context) => look(context, 390, 'light')],
];
