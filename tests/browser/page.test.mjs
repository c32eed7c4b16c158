// The report page and the preview: no request leaves them, nothing scrolls sideways, keyboard and screen reader work.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { brokenAmounts, cases, launch, read, THEMES } from './browser.mjs';

const WIDTHS = [320, 360, 390, 480, 600, 721, 900, 1100, 1280, 1600];
const SIZES = [{ width: 1100, height: 900 }, { width: 390, height: 844 }];

describe('pages', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());

  /** Opens a page and returns it with everything it did wrong. */
  async function open(file, theme, viewport) {
    const context = await browser.newContext({ colorScheme: theme, viewport });
    const page = await context.newPage();
    const wrong = [];
    page.on('console', each => wrong.push(`console: ${each.text()}`));
    page.on('pageerror', error => wrong.push(`error: ${error.message}`));
    page.on('request', request => { if (!/^(file|data):/.test(request.url())) wrong.push(`request: ${request.url()}`); });
    await page.goto(pathToFileURL(file).href);
    return { page, wrong, context };
  }

  for (const kind of ['page', 'preview'])
    for (const each of cases(kind))
      for (const theme of THEMES)
        it(`${kind} ${each.name}, ${theme}`, async () => {
          for (const viewport of SIZES) {
            const { page, wrong, context } = await open(each.file, theme, viewport);
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `scrolls at ${viewport.width} px`);
            // A thousand rows are the same row a thousand times: too slow for axe, nothing new to find.
            if (!each.name.startsWith('thousand') && (theme === 'light' || viewport === SIZES[0])) {
              await page.evaluate(read('axe-core', 'axe.min.js'));
              const found = await page.evaluate(() => axe.run({ resultTypes: ['violations'] }));
              // All of them: a landmark's name that comes twice is "moderate".
              assert.deepEqual(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0].html} ${nodes[0].failureSummary}`), []);
            }
            assert.deepEqual(wrong, []);
            await context.close();
          }
        });

  for (const each of cases('page').filter(({ name }) => /^(weekly|millions|credited|truth-)/.test(name)))
    it(`amounts are whole at every width, ${each.name}`, async () => {
      const { page, context } = await open(each.file, 'light', SIZES[0]);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await page.evaluate(brokenAmounts), [], `at ${width} px`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `scrolls at ${width} px`);
      }
      await context.close();
    });

  const weekly = () => cases('page').find(each => each.name === 'weekly.en').file;
  const thousand = () => cases('page').find(each => each.name === 'thousand.en').file;
  const names = page => page.locator('#accounts').locator('xpath=ancestor::section').locator('tbody tr:visible td:first-child a').allTextContents();

  it('sorts accounts by keyboard', async () => {
    const { page, context } = await open(weekly(), 'light', SIZES[0]);
    assert.equal((await names(page))[0], 'prod-payments');
    const change = page.getByRole('table').filter({ hasText: 'prod-payments' }).getByRole('button', { name: 'Change' });
    await change.focus();
    await page.keyboard.press('Enter');
    assert.equal((await names(page))[0], 'ml-training');
    await page.keyboard.press('Enter');
    assert.equal((await names(page))[0], 'staging-shared');
    assert.equal(await change.locator('xpath=..').getAttribute('aria-sort'), 'ascending');
    await context.close();
  });

  it('reaches the tables by Tab alone', async () => {
    const { page, context } = await open(weekly(), 'light', SIZES[0]);
    const reached = [];
    for (let step = 0; step < 24; step++) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.textContent || document.activeElement.type));
    }
    assert.equal(reached[0], 'Skip to the report');
    assert.ok(reached.includes('search') && reached.includes('Account'), reached.join(' | '));
    await context.close();
  });

  it('filters a thousand accounts', async test => {
    const started = performance.now();
    const { page, context } = await open(thousand(), 'light', SIZES[0]);
    const filter = page.getByRole('searchbox').first();
    assert.equal((await names(page)).length, 20);
    test.diagnostic(`interactive after ${Math.round(performance.now() - started)} ms`);
    await filter.fill('team-0777');
    assert.deepEqual((await names(page)).length, 1);
    assert.match(await page.getByRole('status').first().textContent(), /1 of 991 shown/);
    await filter.fill('');
    await page.getByRole('button', { name: 'Show all 991' }).click();
    assert.equal((await names(page)).length, 991);
    await context.close();
  });

  it('prints every row', async () => {
    const { page, context } = await open(weekly(), 'light', SIZES[0]);
    assert.equal((await names(page)).length, 20);
    await page.emulateMedia({ media: 'print' });
    assert.equal((await names(page)).length, 24);
    await context.close();
  });

  it('shows all rows without script', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pathToFileURL(weekly()).href);
    assert.equal((await names(page)).length, 24);
    await context.close();
  });

  it('shows hostile names as text', async () => {
    const hostile = cases('page').find(each => each.name === 'hostile.en').file;
    const { page, wrong, context } = await open(hostile, 'light', SIZES[0]);
    assert.ok((await names(page)).some(name => name.includes('<script>alert(1)</script>')));
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.locator('script').count(), 1);
    assert.deepEqual(wrong, []);
    await context.close();
  });

  it('folds the accounts out in the preview', async () => {
    const preview = cases('preview').find(each => each.name === 'quiet.en').file;
    const { page, context } = await open(preview, 'light', SIZES[0]);
    const card = page.locator('article.dark');
    assert.equal(await card.getByText('Largest accounts').isVisible(), false);
    await card.getByRole('button', { name: 'Accounts' }).click();
    assert.equal(await card.getByText('Largest accounts').isVisible(), true);
    await context.close();
  });
});
