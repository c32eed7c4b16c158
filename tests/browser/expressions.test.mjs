// The state machine's expressions in JSONata's reference implementation: the embedded engine's evaluator says the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import jsonata from 'jsonata';

const CASES = JSON.parse(readFileSync(join(process.env.BROWSER_CASES, 'expressions.json'), 'utf8'));
const BY_EXPRESSION = Map.groupBy ? Map.groupBy(CASES, each => each.expression) : grouped(CASES);

function grouped(cases) {
  const found = new Map();
  for (const each of cases) found.set(each.expression, [...(found.get(each.expression) ?? []), each]);
  return found;
}

/** As JSON has it; undefined where there is nothing, or the expression fails. */
async function evaluated(expression, states) {
  try {
    const result = await jsonata(expression).evaluate(undefined, { states });
    return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
  } catch {
    return undefined;
  }
}

describe('expressions', () => {
  for (const [expression, cases] of BY_EXPRESSION)
    it(`${cases.length} times: ${expression.slice(0, 90)}`, async () => {
      for (const { states, result } of cases)
        assert.deepEqual(await evaluated(expression, states), result);
    });
});
