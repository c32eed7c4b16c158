// Every card in Microsoft's renderer: light and dark, on a desktop, in a narrow window and on a phone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { brokenAmounts, cases, eachWidth, launch, message, THEMES, WIDTHS } from './browser.mjs';

const PHONE = 343;
const TALLEST = 1600;

describe('cards', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());

  for (const each of cases('card'))
    for (const theme of THEMES)
      it(`${each.name}, ${theme}`, async () => {
        const seen = [];
        await eachWidth(browser, theme, message(each), async (page, width, { events, clipped, height, text }) => {
          seen.push(width);
          assert.deepEqual(events, [], 'the renderer complains');
          assert.deepEqual(clipped, [], `clipped at ${width} px`);
          assert.deepEqual(await page.evaluate(brokenAmounts), [], `amounts at ${width} px`);
          assert.ok(height > 100, 'nothing is shown');
          if (width === PHONE) assert.ok(height <= TALLEST, `${height} px tall on a phone`);
          assert.doesNotMatch(text, /MARKDOWN/);
        });
        assert.deepEqual(seen, WIDTHS);
      });

  it('folds the largest accounts out on request', async () => {
    const quiet = cases('card').find(each => each.name === 'quiet.en');
    await eachWidth(browser, 'light', message(quiet), async page => {
      const heading = page.getByText('Largest accounts');
      assert.equal(await heading.isVisible(), false);
      await page.getByRole('button', { name: 'Accounts' }).click();
      assert.equal(await heading.isVisible(), true);
    }, { widths: [PHONE] });
  });

  it('shows hostile names as they are', async () => {
    const hostile = cases('card').find(each => each.name === 'hostile.en');
    await eachWidth(browser, 'light', message(hostile), async (page, width, { text }) => {
      assert.match(text.replaceAll('\u200b', ''), /\*\*\[click\]\(https:\/\/evil\.exam/);
      assert.equal(await page.locator('#frame script, #frame img[src="x"], #frame a[href*="evil.example)"]').count(), 0);
      const links = await page.locator('#frame a').evaluateAll(all => all.map(link => new URL(link.href).host));
      assert.ok(links.length > 0 && links.every(host => host.endsWith('.console.aws.amazon.com')), links.join());
    }, { widths: [760] });
  });
});
