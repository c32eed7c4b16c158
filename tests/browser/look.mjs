// Pictures of cards for looking at: node look.mjs OUT_DIR [part of a case's name ...] [--width=343] [--theme=dark]
import fs from 'node:fs';
import path from 'node:path';
import { cases, eachWidth, launch, message, THEMES, WIDTHS } from './browser.mjs';

const [target, ...rest] = process.argv.slice(2);
const option = (name, all) => {
  const value = rest.find(word => word.startsWith(`--${name}=`))?.split('=')[1];
  return all.filter(each => value === undefined || String(each) === value);
};
const names = rest.filter(word => !word.startsWith('--'));
fs.mkdirSync(target, { recursive: true });
const browser = await launch();
for (const theme of option('theme', THEMES))
  for (const each of cases('card').filter(({ name }) => !names.length || names.some(part => name.includes(part))))
    await eachWidth(browser, theme, message(each), async (page, width, { events, clipped, height }) => {
      await page.screenshot({ path: path.join(target, `${each.name}.${theme}.${width}.png`), fullPage: true });
      console.log(each.name, theme, width, `${height} px`, ...events, ...clipped);
    }, { widths: option('width', WIDTHS), scale: 1.25 });
await browser.close();
