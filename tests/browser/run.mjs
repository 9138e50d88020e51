// The page of `qstar eval serve` in a headless Chromium.
//
//   node tests/browser/run.mjs QSTAR FOLDER
//
// makes a small run in FOLDER with the program QSTAR (under a minute; kept for the next time),
// serves it, and goes through the tests below. Screenshots are in FOLDER/screenshots. Exit
// status 77 and a sentence where Chromium or playwright-core is missing: skipped.

import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

import {layoutTests} from './layout.mjs';
import {lessonTests} from './lessons.mjs';
import {peopleTests} from './people.mjs';
import {puzzleTests} from './puzzle.mjs';
import {reportTests} from './report.mjs';
import {solveTests} from './solve.mjs';

const [qstar, folder] = process.argv.slice(2);

function skip(sentence) {
  console.log(`browser tests skipped: ${sentence}`);
  process.exit(77);
}

const browserPath = [process.env.QSTAR_CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome']
  .filter(Boolean)
  .flatMap((name) => name.includes('/') ? [name] : process.env.PATH.split(':').map((place) => join(place, name)))
  .find((path) => existsSync(path));
if (!browserPath) skip('no Chromium was found (Debian: apt-get install chromium)');
let chromium;
try {
  ({chromium} = await import('playwright-core'));
} catch {
  skip('playwright-core is not installed (make browser-test installs it)');
}

// The least stages that the page needs; each does nothing where it is finished.
const run = join(folder, 'run');
mkdirSync(join(folder, 'screenshots'), {recursive: true});
for (const name of ['rank-me', 'label-me', 'reward-me', 'rank-both'])
  rmSync(join(run, name), {recursive: true, force: true});
const stages = [['corpus', '--tokens', '800000'], ['pretrain', '--layers', '2', '--width', '64'], ['sft'],
  ['sample', '--problems', '200'], ['rank'], ['label'], ['prm', '--limit', '800']];
for (const [stage, ...flags] of stages) {
  const made = spawnSync(qstar, ['train', stage, '--run', run, ...flags], {encoding: 'utf8'});
  if (made.status !== 0) throw new Error(`qstar train ${stage}: ${made.stderr}`);
}

const server = spawn(qstar, ['eval', 'serve', '--run', run, '--port', '0'], {stdio: ['ignore', 'pipe', 'inherit']});
const ended = new Promise((resolve) => server.on('exit', resolve));
const lines = createInterface({input: server.stdout})[Symbol.asyncIterator]();
const address = (await lines.next()).value;
(async () => { while (!(await lines.next()).done); })(); // what else it says is read, not kept

const browser = await chromium.launch({executablePath: browserPath, args: ['--no-sandbox']});
const complaints = []; // of the page, at any time
const pages = [];      // that are open
const context = {
  qstar, run, address, folder,
  async page(options = {}) {
    const page = await browser.newPage({viewport: {width: 1280, height: 900}, ...options});
    page.setDefaultTimeout(20_000);
    pages.push(page);
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('requestfailed', (request) => {
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(request.url());
    });
    await page.goto(address);
    await page.waitForSelector('#status-1', {state: 'attached'});
    return page;
  },
};

let failed = 0;
for (const [name, test] of [...solveTests, ...peopleTests, ...layoutTests, ...lessonTests, ...puzzleTests, ...reportTests]) {
  const begin = Date.now();
  try {
    await test(context);
    if (complaints.length > 0) throw new Error(`the console says: ${complaints.join('; ')}`);
    console.log(`passed  ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
  for (const page of pages.splice(0)) await page.close();
  complaints.length = 0;
}
await browser.close();
server.kill('SIGINT');
const status = await ended;
if (status !== 0) {
  ++failed;
  console.log(`FAILED  Ctrl-C ends the server with status 0, found ${status}`);
}
process.exit(failed === 0 ? 0 : 1);
