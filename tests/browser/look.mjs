// Pictures of cards for looking at: node look.mjs OUT_DIR [part of a case's name ...] [--width=343] [--theme=dark] [--open]
import fs from 'node:fs';
import path from 'node:path';
import { cardPage, launch, messages, render, THEMES, WIDTHS } from './browser.mjs';

const [target, ...rest] = process.argv.slice(2);
const option = name => rest.find(word => word.startsWith(`--${name}=`))?.split('=')[1];
const names = rest.filter(word => !word.startsWith('--'));
fs.mkdirSync(target, { recursive: true });
const browser = await launch();
for (const theme of THEMES.filter(each => each === (option('theme') ?? each))) {
  const page = await cardPage(browser, theme, 1.25);
  for (const { name, message } of messages().filter(each => !names.length || names.some(part => each.name.includes(part)))) {
    for (const width of WIDTHS.filter(each => each === Number(option('width') ?? each))) {
      const found = await render(page, message, width);
      if (rest.includes('--open')) await page.locator('button', { hasText: /Largest accounts|Cuentas mayores/ }).click();
      await page.screenshot({ path: path.join(target, `${name}.${theme}.${width}.png`), fullPage: true });
      console.log(name, theme, width, `${found.height} px`, found.events, found.clipped.slice(0, 3));
    }
  }
}
await browser.close();
