// The state machine under asl-validator: schema, transitions, paths, ARNs, and JSONata that parses.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import validator from 'asl-validator';

const TEXT = readFileSync(join(process.env.BROWSER_CASES, 'statemachine.json'), 'utf8');

/** What is wrong with the definition after `change`. */
function problems(change = () => {}) {
  const definition = JSON.parse(TEXT);
  change(definition.States);
  return validator(definition, { checkPaths: true, checkArn: true }).errors.map(each => each['Error code']);
}

describe('state machine', () => {
  it('is valid', () => assert.deepEqual(problems(), []));
  it('is valid with another expression', () =>
    assert.deepEqual(problems(states => { states.AggregateCosts.Output = '{% $states.input %}'; }), []));
  it('is refused with a transition to nowhere', () =>
    assert.deepEqual(problems(states => { states.AggregateCosts.Next = 'Nowhere'; }), ['MISSING_TRANSITION_TARGET']));
  it('is refused with a state that nothing leads to', () =>
    assert.deepEqual(problems(states => { states.Alone = { Type: 'Succeed' }; }), ['MISSING_TRANSITION_TARGET']));
  it('is refused with an expression that does not end', () =>
    assert.deepEqual(problems(states => { states.AggregateCosts.Output = '{% $states.( %}'; }), ['SCHEMA_VALIDATION_FAILED']));
  it('is refused with a field of another query language', () =>
    assert.deepEqual(problems(states => { states.AggregateCosts.ResultPath = '$.costs'; }), ['SCHEMA_VALIDATION_FAILED']));
});
