// The whole course, on runs that are there already:
//
//   node tests/browser/course.mjs QSTAR FOLDER RUN [RUN ...]
//
// takes all ten lessons at the terminal and in a headless Chromium, with the answers of the
// teacher's handout, looks at each at 1280 and 390 px, trains on hard negatives, and holds what the
// lessons say beside the run's JSON. Of two runs the numbers must differ.

import assert from 'node:assert/strict';
import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import {accessible, answersOf, openLessons, takeLesson} from './lessons.mjs';

const [qstar, folder, ...runs] = process.argv.slice(2);
const {chromium} = await import('playwright-core');
const browserPath = [process.env.QSTAR_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const seconds = (begin) => `${((Date.now() - begin) / 1000).toFixed(1)} s`;

function terminal(run, number, answers) {
  const typed = [number === 7 || number === 9 ? '1' : '10'];
  if ([3, 4, 6, 8].includes(number)) typed.push('auto');
  // A wrong one first: a number that is none of them, or another choice.
  const wrong = (right) => (/^it /.test(right) ? String(right === 'it hurts' ? 2 : 1) : '987654321');
  for (const right of answers) typed.push(wrong(right), right);
  const done = spawnSync(qstar, ['lesson', String(number), '--run', run, '--again'], {input: typed.join('\n') + '\n', encoding: 'utf8'});
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /This lesson is done, 2 of 2 right/, done.stdout.slice(-2000));
  assert.equal(done.stdout.match(/Not so\./g).length, 2);
}

const json = (run, ...path) => JSON.parse(readFileSync(join(run, ...path), 'utf8'));

// What the teacher's handout says beside the files of the run.
function truth(run, page) {
  const text = page.replace(/<[^>]*>/g, ' ').replace(/&#39;/g, '\'').replace(/\s+/g, ' ');
  const claims = json(run, 'claims.json').claims;
  const count = (verdict) => claims.filter((claim) => claim.verdict === verdict).length;
  assert.ok(text.includes(`${count('holds')} hold, ${count('does not hold')} do not, ${count('undecided')} are undecided`));
  const reward = json(run, 'reward', 'done.json').result;
  assert.ok(text.includes(`On ${reward.val_pairs} held-out pairs the model predicts ${(100 * reward.val_accuracy).toFixed(1)} %`));
  const curve = json(run, 'best-of-n.json');
  const most = Math.max(...curve.rows.map(({n}) => n));
  for (const row of curve.rows.filter(({n}) => n === most))
    assert.ok(text.includes(`${row.method} ${most} ${(100 * row.mean).toFixed(1)}`), row.method);
  const study = json(run, 'preference-win-rate.json').rows.find(({policy}) => policy === 'dpo');
  assert.ok(text.includes(`measured ${study.kl.toFixed(2).replace(/^-0\.00$/, '0.00')} nats`));
  assert.ok(text.includes(`${json(run, 'prm', 'done.json').result.solutions} solutions`));
  const {from, judge} = json(run, 'prm', 'done.json').flags;
  assert.equal(text.includes('This run\'s PRM is a language model'), judge === 'text');
  const named = (stage) => (stage === 'self-play' ? 'self-play\'s policy' : 'the tuned model');
  assert.ok(text.includes(`All three begin as ${named(from)}`));
  const distil = json(run, 'distil', 'done.json').flags;
  assert.ok(text.includes(`The student began as ${named(distil.from)}, and learned from A* with ${named(distil.teacher)}`));
}

// Killed while a PRM learns from the student's labels: taken up, and the same bytes at the end.
async function killed(run) {
  const folder = join(run, 'lessons', 'prm-you');
  const model = join(folder, 'model.safetensors');
  const whole = readFileSync(model);
  rmSync(folder, {recursive: true});
  const typed = '10\nauto\npass\npass\n';
  const lesson = spawn(qstar, ['lesson', '6', '--run', run, '--again'], {stdio: ['pipe', 'ignore', 'inherit']});
  lesson.stdin.end(typed);
  const ended = new Promise((resolve) => lesson.on('exit', (code, signal) => resolve(signal)));
  while (!existsSync(join(folder, 'state.safetensors')) && lesson.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  lesson.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  assert.ok(!existsSync(model), 'it was killed too late');
  const done = spawnSync(qstar, ['lesson', '6', '--run', run], {input: 'pass\npass\n', encoding: 'utf8'});
  assert.match(done.stdout, /This lesson is done/, done.stderr);
  assert.ok(whole.equals(readFileSync(model)), 'another model after a kill');
}

const all = [];
for (const run of runs) {
  const own = join(folder, run.replace(/\W+/g, '-'));
  mkdirSync(own, {recursive: true});
  rmSync(join(run, 'lessons'), {recursive: true, force: true});
  let begin = Date.now();
  const answers = answersOf(qstar, run, own);
  console.log(`${run}: handout in ${seconds(begin)}`);
  const page = readFileSync(join(own, 'handout-answers.html'), 'utf8');
  assert.ok(!/class="missing"/.test(page), 'a lesson is missing');
  truth(run, page);
  all.push(JSON.stringify(answers));
  for (let number = 1; number <= 10; ++number) {
    begin = Date.now();
    terminal(run, number, answers[number]);
    console.log(`${run}: lesson ${number} at the terminal in ${seconds(begin)}`);
  }
  await killed(run);

  const server = spawn(qstar, ['eval', 'serve', '--run', run, '--port', '0'], {stdio: ['ignore', 'pipe', 'inherit']});
  process.on('exit', () => server.kill('SIGINT'));
  const lines = createInterface({input: server.stdout})[Symbol.asyncIterator]();
  const address = (await lines.next()).value;
  const browser = await chromium.launch({executablePath: browserPath, args: ['--no-sandbox']});
  const complaints = [];
  const open = async (width) => {
    const tab = await browser.newPage({viewport: {width, height: 900}});
    tab.setDefaultTimeout(240_000);
    tab.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    tab.on('pageerror', (error) => complaints.push(String(error)));
    await tab.goto(address);
    await openLessons(tab);
    return tab;
  };
  const wide = await open(1280);
  for (let number = 1; number <= 10; ++number) {
    begin = Date.now();
    await takeLesson(wide, number, answers[number]);
    console.log(`${run}: lesson ${number} on the page in ${seconds(begin)}`);
    await accessible(wide);
    for (const width of [1280, 390]) {
      await wide.setViewportSize({width, height: 900});
      assert.equal(await wide.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `lesson ${number} at ${width} px`);
      await wide.screenshot({path: join(own, `lesson-${number}-${width}.png`), fullPage: true});
    }
    await wide.setViewportSize({width: 1280, height: 900});
    await wide.click('#lesson-back');
    await wide.waitForSelector('#lesson-list button >> visible=true');
  }
  // Hard negatives: what convinces is kept, an ORM learns from it, and both are held over N.
  begin = Date.now();
  await wide.click('#judges-open');
  await wide.fill('#judge-problem', '7+8+9');
  await wide.fill('#judge-steps', '15+9\n23');
  await wide.waitForSelector('#judge-scores tbody tr:has-text("23")');
  await wide.click('#judge-keep');
  await wide.waitForFunction(() => document.querySelector('#judge-status').textContent === 'Kept.');
  await wide.click('#judge-find');
  await wide.waitForFunction(() => document.querySelectorAll('#judge-kept tbody tr').length > 5);
  await wide.click('#judge-train');
  await wide.waitForSelector('#judge-curve table', {timeout: 300_000});
  console.log(`${run}: hard negatives in ${seconds(begin)}\n${await wide.innerText('#judge-curve')}`);
  await accessible(wide);
  await wide.screenshot({path: join(own, 'judges-1280.png'), fullPage: true});
  await wide.setViewportSize({width: 390, height: 900});
  assert.equal(await wide.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  await wide.screenshot({path: join(own, 'judges-390.png'), fullPage: true});
  assert.deepEqual(complaints, []);
  await browser.close();
  server.kill('SIGINT');
}
assert.equal(new Set(all).size, all.length, 'two runs have the same answers');
console.log('passed');
