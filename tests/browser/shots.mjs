// Pictures for README and guide: node shots.mjs OUT_DIR. Each stays under 200 KB; a larger one fails.
// What is shown of a report is what `make run` makes; situations that it has not are cases and worlds of the tests.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { cases, eachWidth, launch, message } from './browser.mjs';

const LARGEST = 200_000;
const CARDS = [
  ['run-weekly.es', 'light', 460], ['run-weekly.es', 'dark', 460], ['run-weekly.en', 'light', 460], ['run-weekly.en', 'dark', 460],
  ['run-weekly.en', 'light', 760], ['run-daily.es', 'light', 460], ['quiet.es', 'light', 460], ['first_run.es', 'light', 460],
  ['failed_teams.es', 'light', 460], ['failed_teams.en', 'dark', 460],
];
const PAGES = [
  ['run-weekly.es', 'light', 1100, 1180], ['run-weekly.en', 'light', 1100, 1180], ['run-weekly.en', 'dark', 1100, 1180],
  ['run-weekly.es', 'dark', 390, 844],
];

// The worlds of docs/trust.md, told by the real steps (tests/truth/pictures.py).
const TRUTHS = cases('card').map(each => each.name).filter(name => /^truth-.*\.en$/.test(name));

const target = process.argv[2];
fs.mkdirSync(target, { recursive: true });
const browser = await launch();
const find = (kind, name) => cases(kind).find(each => each.name === name);
const say = file => {
  const { size } = fs.statSync(file);
  console.log(`${path.basename(file)} ${Math.round(size / 1000)} KB`);
  if (size > LARGEST) process.exitCode = 1;
};

for (const [name, theme, width] of CARDS)
  await eachWidth(browser, theme, message(find('card', name)), async page => {
    const file = path.join(target, `card-${name.replace('run-', '').replace('.', '-')}-${theme}${width === 460 ? '' : `-${width}`}.png`);
    await page.locator('#frame').screenshot({ path: file });
    say(file);
  }, { widths: [width], scale: 1.25 });

for (const name of TRUTHS)
  await eachWidth(browser, 'light', message(find('card', name)), async page => {
    const file = path.join(target, `${name.replace('.en', '').replaceAll('_', '-')}.png`);
    await page.locator('#frame').screenshot({ path: file });
    say(file);
  }, { widths: [460] });

for (const [name, theme, width, height] of PAGES) {
  const context = await browser.newContext({ colorScheme: theme, viewport: { width, height }, deviceScaleFactor: width < 500 ? 1.5 : 1 });
  const page = await context.newPage();
  await page.goto(pathToFileURL(find('page', name).file).href);
  const file = path.join(target, `page-${name.replace('run-', '').replace('.', '-')}-${theme}${width < 500 ? '-phone' : ''}.png`);
  await page.screenshot({ path: file });
  say(file);
  await context.close();
}
await browser.close();
