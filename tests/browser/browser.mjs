// Debian's Chromium, driven by playwright-core, and Microsoft's Adaptive Cards renderer with Teams' host config in it.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');
const read = (...parts) => fs.readFileSync(path.join(modules, ...parts), 'utf8');

export const CASES = process.env.BROWSER_CASES ?? path.join(here, '..', '..', 'build', 'browser');
export const THEMES = ['light', 'dark'];
export const WIDTHS = [760, 460, 343];

// The page around a card, and the card's own background, as Teams has them.
const AROUND = { light: ['#f5f5f5', '#ffffff'], dark: ['#1f1f1f', '#2d2c2c'] };

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--hide-scrollbars'],
  });
}

/** A page that can render cards of one theme; `scale` is the screen's pixel density. */
export async function cardPage(browser, theme, scale = 1) {
  const context = await browser.newContext({ deviceScaleFactor: scale, offline: true, viewport: { width: 800, height: 600 } });
  const page = await context.newPage();
  const [around, card] = AROUND[theme];
  await page.setContent(`<!doctype html><meta charset="utf-8"><style>
    ${read('adaptivecards-designer', 'dist', 'containers', `teams-container-${theme}.css`)}
    @font-face { font-family: 'Segoe UI'; src: local('Open Sans') }
    @font-face { font-family: 'Segoe UI'; font-weight: 600; src: local('Open Sans SemiBold'), local('Open Sans Semibold') }
    body { margin: 0; background: ${around}; font-family: 'Segoe UI', sans-serif }
    #frame { margin: 12px; background: ${card}; border-radius: 8px; box-shadow: 0 1px 3px #0005; overflow: hidden }
    a.ac-anchor:link, a.ac-anchor:visited { color: ${theme === 'dark' ? '#a6a7dc' : '#6264a7'}; text-decoration: none }
    .ac-pushButton { margin-bottom: 6px }
    </style><div id="frame"></div>`);
  await page.addScriptTag({ content: read('adaptivecards', 'dist', 'adaptivecards.min.js') });
  await page.evaluate(config => { window.teams = new AdaptiveCards.HostConfig(config); },
    JSON.parse(read('adaptivecards-designer', 'lib', 'hostConfigs', `microsoft-teams-${theme}.json`)));
  return page;
}

/** Renders a message's card; returns the renderer's complaints, the card's height and what is clipped or sticks out. */
export async function render(page, message, width) {
  await page.setViewportSize({ width: width + 24, height: 600 });
  return page.evaluate(async ({ card, width }) => {
    const frame = document.getElementById('frame');
    frame.replaceChildren();
    frame.style.width = `${width}px`;
    const events = [];
    // A card that trusted Markdown would show it: text must look the same with a Markdown processor that shouts.
    AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => { result.outputHtml = `MARKDOWN ${text}`; result.didProcess = true; };
    const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_4);
    const made = new AdaptiveCards.AdaptiveCard();
    made.hostConfig = window.teams;
    made.parse(card, context);
    for (let index = 0; index < context.eventCount; index++) events.push(context.getEventAt(index).message);
    for (const event of made.validateProperties().validationEvents) events.push(event.message);
    const element = made.render();
    element.style.boxSizing = 'border-box';
    frame.append(element);
    await Promise.all([...frame.querySelectorAll('img')].map(image => image.decode().catch(() => events.push('image not decoded'))));
    const outer = frame.getBoundingClientRect();
    const clipped = [];
    for (const node of frame.querySelectorAll('*')) {
      const style = getComputedStyle(node), box = node.getBoundingClientRect();
      if (!box.width || style.display === 'none') continue;
      const sticksOut = box.right > outer.right + 1 || box.left < outer.left - 1;
      const cutOff = node.scrollWidth > node.clientWidth + 1 && style.overflow !== 'visible' && style.display !== 'inline';
      if (sticksOut || cutOff) clipped.push(`${node.className}: ${node.textContent.slice(0, 40)}`);
    }
    return { events: [...new Set(events)], height: frame.offsetHeight, clipped, text: frame.innerText };
  }, { card: message.attachments[0].content, width });
}

export function messages() {
  const folder = path.join(CASES, 'card');
  return fs.readdirSync(folder).sort().map(file => ({
    name: path.basename(file, '.json'), message: JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')),
  }));
}
