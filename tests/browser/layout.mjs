// Layout: wide and narrow, light and dark; nothing to be scrolled sideways; names for all controls.

import assert from 'node:assert/strict';
import {join} from 'node:path';

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// Controls without a name that a screen reader could say.
const nameless = (page) => page.$$eval('button, input, select, [role]', (all) => all.filter((one) => {
  if (one.closest('[hidden]') || ['group', 'treeitem', 'status'].includes(one.getAttribute('role'))) return false;
  const named = one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') ||
    one.labels?.length > 0 || one.textContent.trim();
  return !named;
}).map((one) => one.outerHTML));

async function look(context, options, name) {
  const page = await context.page(options);
  await page.check('#compare');
  await page.click('#go');
  for (const number of [1, 2])
    await page.waitForFunction((n) => /expanded/.test(document.querySelector(`#status-${n}`).textContent), number, {timeout: 60000});
  for (const tab of ['solve', 'rank', 'label', 'reward']) {
    await page.click(`#tab-${tab}`);
    if (tab === 'rank') await page.waitForSelector('#rank-list li');
    if (tab === 'label') await page.waitForSelector('#label-steps li');
    assert.equal(await sideways(page), 0, `${tab} at ${options.viewport.width} px is wider than the window`);
    assert.deepEqual(await nameless(page), []);
    await page.screenshot({path: join(context.folder, 'screenshots', `${tab}-${name}.png`), fullPage: true});
  }
}

export const layoutTests = [
  ['1280 px, light', (context) => look(context, {viewport: {width: 1280, height: 900}, colorScheme: 'light'}, '1280-light')],
  ['1280 px, dark', (context) => look(context, {viewport: {width: 1280, height: 900}, colorScheme: 'dark'}, '1280-dark')],
  ['390 px, light', (context) => look(context, {viewport: {width: 390, height: 844}, colorScheme: 'light', hasTouch: true}, '390-light')],
  ['390 px, dark', (context) => look(context, {viewport: {width: 390, height: 844}, colorScheme: 'dark', hasTouch: true}, '390-dark')],
];
