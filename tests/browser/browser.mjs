// Debian's Chromium, driven by playwright-core, and Microsoft's Adaptive Cards renderer with Teams' host config in it.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, 'node_modules');

export const ROOT = path.join(here, '..', '..');
export const CASES = process.env.BROWSER_CASES ?? path.join(ROOT, 'build', 'browser');
export const THEMES = ['light', 'dark'];
export const WIDTHS = [760, 460, 343];

// The page around a card, and the card's own background, as Teams has them.
const AROUND = { light: ['#f5f5f5', '#ffffff'], dark: ['#1f1f1f', '#2d2c2c'] };

/** A file of an installed package. */
export const read = (...parts) => fs.readFileSync(path.join(modules, ...parts), 'utf8');

/** The files of one kind of case: [{ name: 'weekly.en', file }]. */
export function cases(kind) {
  const folder = path.join(CASES, kind);
  return fs.readdirSync(folder).sort().map(file => ({ name: file.replace(/\.\w+$/, ''), file: path.join(folder, file) }));
}

/** A case's message. */
export const message = ({ file }) => JSON.parse(fs.readFileSync(file, 'utf8'));

/** Chromium with a fresh profile of its own (playwright makes one), never on the network. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--force-color-profile=srgb', '--hide-scrollbars'],
  });
}

/** A page with the renderer and one theme in it. The renderer keeps state between cards, so every card gets a page. */
async function cardPage(context, theme) {
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

/**
 * Renders a message's card once and shows it at each width to `look(page, width, found)`; `found` has the renderer's
 * complaints, the card's height, its text, and what is clipped or sticks out.
 */
export async function eachWidth(browser, theme, given, look, { widths = WIDTHS, scale = 1 } = {}) {
  const context = await browser.newContext({ deviceScaleFactor: scale, offline: true, viewport: { width: 800, height: 600 } });
  const page = await cardPage(context, theme);
  const events = await page.evaluate(parseCard, given.attachments[0].content);
  for (const width of widths) {
    await page.setViewportSize({ width: width + 24, height: 600 });
    await look(page, width, { events, ...await page.evaluate(measure, width) });
  }
  await context.close();
}

/** In the page: parses and renders, returns complaints. */
async function parseCard(card) {
  const events = [];
  // If any text went through Markdown, it would show.
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => { result.outputHtml = `MARKDOWN ${text}`; result.didProcess = true; };
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_4);
  const made = new AdaptiveCards.AdaptiveCard();
  made.hostConfig = window.teams;
  made.parse(card, context);
  for (let index = 0; index < context.eventCount; index++) events.push(context.getEventAt(index).message);
  for (const event of made.validateProperties().validationEvents) events.push(event.message);
  const element = made.render();
  element.style.boxSizing = 'border-box';
  const frame = document.getElementById('frame');
  frame.append(element);
  await Promise.all([...frame.querySelectorAll('img')].map(image => image.decode().catch(() => events.push('a picture is broken'))));
  return events;
}

/** In the page: amounts that are broken over lines, or cut off by what they are in. */
export function brokenAmounts() {
  const AMOUNT = /[+−]?\u2060?\$[\d.,]+M?|[+−]?[\d.,]+\s(?:M\s)?US\$/g;
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts, { parentElement: parent } = node;
    if (['STYLE', 'SCRIPT'].includes(parent.tagName) || !parent.checkVisibility()) continue;
    for (const match of node.data.matchAll(AMOUNT)) {
      const range = document.createRange();
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const boxes = [...range.getClientRects()];
      if (new Set(boxes.map(box => Math.round(box.top))).size > 1) found.add(`${match[0]} is broken`);
      for (let outer = parent; outer !== document.body; outer = outer.parentElement) {
        const edge = outer.getBoundingClientRect();
        if (getComputedStyle(outer).overflowX === 'visible' || edge.width < 3) continue;
        if (boxes.some(box => box.right > edge.right + 1 || box.left < edge.left - 1)) found.add(`${match[0]} is cut`);
      }
    }
  }
  return [...found];
}

/** In the page: sets the width and looks for what does not fit. */
function measure(width) {
  const frame = document.getElementById('frame');
  frame.style.width = `${width}px`;
  const outer = frame.getBoundingClientRect();
  const clipped = [];
  for (const node of frame.querySelectorAll('*')) {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    if (!box.width) continue;
    const sticksOut = box.right > outer.right + 1 || box.left < outer.left - 1;
    const cutOff = node.scrollWidth > node.clientWidth + 1 && style.overflow !== 'visible' && style.display !== 'inline';
    if (sticksOut || cutOff) clipped.push(`${node.className}: ${node.textContent.slice(0, 40)}`);
  }
  return { height: frame.offsetHeight, clipped, text: frame.innerText };
}
