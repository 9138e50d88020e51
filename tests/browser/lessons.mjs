// Lessons on the page: by keys alone, a wrong answer refused and the computed one taken.

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';

const entities = {'&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'"};
const plain = (text) => text.replace(/&(lt|gt|amp|quot|#39);/g, (one) => entities[one]);

// The right answers, which the page for teachers has: answers[lesson] is a list of two.
export function answersOf(qstar, run, folder) {
  const out = join(folder, 'handout.html');
  const made = spawnSync(qstar, ['lesson', 'handout', '--run', run, '--out', out], {encoding: 'utf8'});
  assert.equal(made.status, 0, made.stderr);
  const answers = {};
  for (const [, lesson, question, text] of readFileSync(join(folder, 'handout-answers.html'), 'utf8')
    .matchAll(/data-lesson="(\d+)" data-question="(\d)">([^<]*)</g))
    (answers[lesson] ??= [])[question - 1] = plain(text);
  assert.ok(!/data-question/.test(readFileSync(out, 'utf8')), 'the handout for students has answers');
  return answers;
}

// What axe-core finds of weight; nothing where it is not installed.
export async function accessible(page) {
  let source;
  try {
    source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  } catch {
    return console.log('axe-core is not installed: not asked');
  }
  await page.evaluate(source);
  const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
  const serious = found.violations.filter(({impact}) => ['serious', 'critical'].includes(impact));
  assert.deepEqual(serious.map(({id, nodes}) => [id, nodes.map(({html}) => html)]), []);
}

export async function openLessons(page) {
  await page.click('#tab-lesson');
  await page.waitForSelector('#lesson-list button');
}

const settled = (page, step) => page.waitForFunction((before) =>
  (document.querySelector('#lesson-asked') || document.querySelector('#lesson-next')) &&
  document.querySelector('#lesson-room')?.textContent !== before, step, {timeout: 600_000});

// One lesson from its guess to its end, by keys.
export async function takeLesson(page, number, answers) {
  await page.focus(`#lesson-list [data-lesson="${number}"]`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`#lesson-title:has-text("${number}. ")`);
  await page.waitForSelector('#lesson-asked, #lesson-next');
  if (!await page.$('#lesson-asked') || /Pass|Leave/.test(await page.textContent('#lesson-asked'))) {
    await page.focus('#lesson-again'); // it was begun: anew
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('#lesson-room h3').length === 1);
  }
  let byHand = 0, question = 0, refused = false;
  for (let turn = 0; turn < 60; ++turn) {
    if (await page.$('#lesson-next')) break;
    const before = await page.textContent('#lesson-room');
    const asked = await page.textContent('#lesson-asked');
    const keys = await page.$$eval('#lesson-asked [data-key]', (all) => all.map((one) => [one.dataset.key, one.textContent.slice(one.dataset.key.length).trim()]));
    const say = async (text) => {
      await page.focus('#lesson-reply');
      await page.fill('#lesson-reply', '');
      await page.keyboard.type(text);
      await page.keyboard.press('Enter');
    };
    if (/Leave the rest/.test(asked)) {
      if (byHand++ === 0) {
        await page.focus('#lesson-title');
        await page.keyboard.press(keys[0][0]);
      } else {
        await page.focus('#lesson-word');
        await page.keyboard.press('Enter');
      }
    } else if (/Pass/.test(asked)) {
      const right = answers[question];
      const wrong = keys.find(([, label]) => label !== right);
      const choice = keys.find(([, label]) => label === right);
      if (!refused) {
        if (keys.length > 0) await page.keyboard.press(wrong[0]);
        else await say('987654321');
        await page.waitForFunction(() => document.querySelector('#lesson-status').textContent.startsWith('Not so'));
        refused = true;
        continue;
      }
      if (keys.length > 0) await page.keyboard.press(choice[0]);
      else await say(right);
      await page.waitForFunction(() => document.querySelector('#lesson-status').textContent === 'Right.');
      ++question;
      refused = false;
    } else if (keys.length > 0) {
      await page.keyboard.press('1');
    } else {
      await say('10');
    }
    await settled(page, before);
  }
  assert.equal(question, 2);
  assert.ok(await page.$('h3:has-text("Read on")'));
}

const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

export const lessonTests = [
  ['lessons are taken by keys, wrong answers refused, and kept for the terminal', async (context) => {
    rmSync(join(context.run, 'lessons'), {recursive: true, force: true});
    const answers = answersOf(context.qstar, context.run, context.folder);
    const page = await context.page();
    await openLessons(page);
    // What 9 needs and the run lacks was made for it.
    for (const number of [1, 2, 6, 8, 9]) {
      assert.equal(answers[number]?.length, 2, `lesson ${number} has no answers`);
      await takeLesson(page, number, answers[number]);
      await page.focus('#lesson-back');
      await page.keyboard.press('Enter');
      await page.waitForSelector(`#lesson-list li:nth-child(${number}):has-text("done, 2 of 2 right")`);
    }
    const listed = spawnSync(context.qstar, ['lesson', '--run', context.run], {encoding: 'utf8'}).stdout;
    assert.equal(listed.match(/done, 2 of 2 right/g)?.length, 5);
    await page.click('#lesson-list [data-lesson="9"]');
    await page.waitForSelector('#lesson-next');
    assert.match(await page.textContent('#lesson-room'), /This run lacks q\..*qstar train q --run/s);
    assert.ok(existsSync(join(context.run, 'lessons', 'q', 'model.safetensors')) && !existsSync(join(context.run, 'q')));
    await accessible(page);
  }],
  ['lessons at 1280 and 390 px, light and dark', async (context) => {
    for (const [width, colorScheme] of [[1280, 'light'], [390, 'light'], [390, 'dark']]) {
      const page = await context.page({viewport: {width, height: 844}, colorScheme});
      await openLessons(page);
      await accessible(page);
      for (const number of [2, 6]) {
        await page.click(`#lesson-list [data-lesson="${number}"]`);
        await page.waitForSelector('#lesson-next', {timeout: 60_000});
        assert.equal(await sideways(page), 0, `lesson ${number} at ${width} px is wider than the window`);
        await accessible(page);
        await page.screenshot({path: join(context.folder, 'screenshots', `lesson-${number}-${width}-${colorScheme}.png`), fullPage: true});
        await page.click('#lesson-back');
        await page.waitForSelector('#lesson-list button >> visible=true');
      }
      await page.close();
    }
  }],
  ['judges read a solution as it is typed, and what convinces them is kept', async (context) => {
    const page = await context.page();
    await openLessons(page);
    await page.click('#judges-open');
    await page.fill('#judge-problem', '7+8+9');
    await page.focus('#judge-steps');
    await page.keyboard.type('15+9');
    await page.waitForSelector('#judge-scores tbody tr:has-text("15+9")');
    await page.keyboard.press('Enter');
    await page.keyboard.type('23');
    await page.waitForSelector('#judge-scores tbody tr:has-text("23")');
    assert.match(await page.textContent('#judge-scores'), /The answer is wrong/);
    await page.focus('#judge-keep');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /Kept|held out/.test(document.querySelector('#judge-status').textContent));
    if (/Kept/.test(await page.textContent('#judge-status')))
      assert.ok(existsSync(join(context.run, 'lessons', 'negatives.jsonl')));
    await page.fill('#judge-steps', '15+9\n24');
    await page.waitForFunction(() => /The answer is right/.test(document.querySelector('#judge-scores').textContent));
    await page.click('#judge-keep');
    await page.waitForFunction(() => /this solution is right/.test(document.querySelector('#judge-status').textContent));
    await accessible(page);
    await page.screenshot({path: join(context.folder, 'screenshots', 'judges-1280.png'), fullPage: true});
  }],
];
