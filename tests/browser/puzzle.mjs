// Puzzles on the page: clicked out of order, solved step by step, and refused where nothing solves.

import assert from 'node:assert/strict';
import {join} from 'node:path';

async function open(context, title) {
  const page = await context.page();
  await page.click('#tab-puzzle');
  await page.waitForSelector('#puzzle-name option', {state: 'attached'});
  await page.selectOption('#puzzle-name', {label: title});
  return page;
}

const solved = (page) => page.$eval('#puzzle-picture', (picture) => picture.classList.contains('solved'));

async function solve(page) {
  await page.click('#puzzle-solve');
  await page.waitForFunction(() => /steps by/.test(document.querySelector('#puzzle-status').textContent), {timeout: 60000});
  return page.$$eval('#puzzle-steps li', (all) => all.map((one) => one.textContent));
}

// Steps to the end, looking at the picture only there.
async function walk(page, steps) {
  for (let i = 0; i < steps.length; ++i) {
    assert.equal(await solved(page), false);
    await page.click('#puzzle-step');
    assert.equal(await page.textContent('#puzzle-steps li[aria-current="step"]'), steps[i]);
  }
  assert.equal(await solved(page), true);
  assert.equal(await page.isDisabled('#puzzle-step'), true);
}

export const puzzleTests = [
  ['a sliding puzzle: two clicks out of order, two steps back', async (context) => {
    const page = await open(context, '8-puzzle');
    assert.equal(await solved(page), true);
    await page.click('[aria-label="tile 8"]');
    await page.click('[aria-label="tile 5"]');
    assert.equal(await page.isDisabled('[aria-label="tile 1"]'), true);
    const steps = await solve(page);
    assert.deepEqual(steps, ['5', '8']);
    await walk(page, steps);
    await page.click('#puzzle-back');
    assert.equal(await solved(page), false);
    await page.click('#puzzle-scramble');
    assert.equal(await page.$$eval('#puzzle-steps li', (all) => all.length), 0);
    await walk(page, await solve(page));
  }],
  ['lights go out, and Play plays', async (context) => {
    const page = await open(context, 'Lights Out 5x5');
    for (const light of [0, 7, 24]) await page.click(`[aria-label="light ${light}"]`);
    assert.equal(await page.getAttribute('[aria-label="light 24"]', 'aria-pressed'), 'true');
    const steps = await solve(page);
    assert.equal(steps.length, 3);
    await page.click('#puzzle-run');
    await page.waitForSelector('#puzzle-picture.solved');
    assert.equal(await page.$$eval('.light.on', (all) => all.length), 0);
  }],
  ['a 2x2x2 is turned by its faces and by buttons, and solved', async (context) => {
    const page = await open(context, 'Cube 2x2x2');
    await page.click('[data-face="U"]');
    await page.click('[data-face="R"]', {modifiers: ['Shift']});
    const steps = await solve(page);
    assert.deepEqual(steps, ['R', "U'"]);
    await walk(page, steps);
    await page.click('#puzzle-scramble');
    await page.screenshot({path: join(context.folder, 'screenshots', 'cube-1280.png'), fullPage: true});
    const found = await solve(page);
    assert.ok(found.length <= 14, `${found.length} turns`);
    await walk(page, found);
    await page.setViewportSize({width: 360, height: 700});
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `the page is ${wide} wide`);
  }],
  ['a 3x3x3 is turned; without a network it is refused in a sentence', async (context) => {
    const page = await open(context, 'Cube 3x3x3');
    for (const turn of ['U', 'F', "L'"]) await page.click(`.turns button:text-is("${turn}")`);
    assert.equal(await solved(page), false);
    for (const turn of ['L', "F'", "U'"]) await page.click(`.turns button:text-is("${turn}")`);
    assert.equal(await solved(page), true);
    // Asked without the page, whose console would complain of the status.
    const goal = [...Array(54).keys()].join(' ');
    const answer = await page.request.get(new URL('api/puzzle?' +
      new URLSearchParams({world: 'cube3', size: 0, state: goal}), context.address).href);
    assert.equal(answer.status(), 400);
    assert.match((await answer.json()).error, /no network of the 3x3x3/);
  }],
];
