import { expect, it } from 'vitest';
import { chunkProgress, chunkSize, handOver, noCounts, personSettled } from '../../../src/contract/batch.js';
import { changeRole, takeOver } from '../../../src/contract/onboarding.js';
import { assertBatchInput, assertChunkInput } from '../../../src/workflows/batch/input.js';
import { hasExpectedPayload } from '../../../src/workflows/interceptors/signal-checks.js';

/** Anybody can start a batch or a chunk, or signal it, with anything. A TypeError would block the run. */

const portal = 'https://portal.example.com';
const report = { chunk: 0, runId: 'r', counts: noCounts, attention: null, isIdle: false };
const batch = { portal, people: chunkSize + 1, chunks: 2 };
const continued = { startedAt: '2030-01-01T00:00:00Z', isCancelled: false, reports: [report, null] };

it.each([batch, { portal, people: 0, chunks: 0 }, { ...batch, continued }])('the batch %j is accepted', (input) => {
  expect(() => assertBatchInput(input)).not.toThrow();
});

it.each<[string, unknown]>([
  ['the input', undefined],
  ['the input', 'hello'],
  ['portal', {}],
  ['portal', { ...batch, portal: 7 }],
  ['portal', { parts: 1e7 }],
  ['people', { ...batch, people: 1e9, chunks: 5e6 }],
  ['people', { ...batch, people: -1 }],
  ['chunks', { ...batch, chunks: 1e7 }],
  ['chunks', { portal, people: 1 }],
  ['continued', { ...batch, continued: 7 }],
  ['continued', { ...batch, continued: { ...continued, reports: [{ ...report, counts: null }, null] } }],
  ['chunks', { ...batch, continued: { ...continued, reports: [] } }],
])('a batch is refused because of %s: %j', (member, input) => {
  expect(() => assertBatchInput(input as never)).toThrow(`${member} is not what \`import\` sends`);
});

const jane = { email: 'jane@example.com', firstName: 'Jane', lastName: 'Roe', role: 'User' };
const chunk = { portal, batch: 'batch:1', chunk: 0, people: [jane], options: { existing: 'fail', mail: true } };

it('a chunk is accepted as `import` sends it', () => {
  const people = [{ ...jane, onboardingId: 'onboard:0123', mayHaveBeenPosted: true }];
  expect(() => assertChunkInput({ ...chunk, people } as never)).not.toThrow();
});

it.each<[string, unknown]>([
  ['the input', null],
  ['batch', { ...chunk, batch: '' }],
  ['people', { ...chunk, people: 'everybody' }],
  ['people', { ...chunk, people: [{}] }],
  ['people', { ...chunk, people: [{ ...jane, email: 'Jane@Example.com' }] }],
  ['people', { ...chunk, people: [{ ...jane, onboardingId: '' }] }],
  ['people', { ...chunk, people: [jane, jane] }],
  ['people', { ...chunk, people: Array.from({ length: 201 }, (_, n) => ({ ...jane, email: `j${n}@example.com` })) }],
  ['options', { ...chunk, options: {} }],
])('a chunk is refused because of %s', (member, input) => {
  expect(() => assertChunkInput(input as never)).toThrow(`${member} is not what \`import\` sends`);
});

const settled = { email: jane.email, portal, state: 'onboarded', userId: null, role: 'User', created: true };
const request = { chunk: 'batch:1:0', portal, firstName: 'Jane', lastName: 'Roe', role: 'User', allowDemotion: false };

it.each<[string, unknown]>([
  [chunkProgress.name, report],
  [chunkProgress.name, { ...report, results: [{ state: 'onboarded', role: 'User', places: [0] }] }],
  [personSettled.name, settled],
  [takeOver.name, { ...request, isReminder: true }],
  [takeOver.name, { ...request, firstName: undefined, lastName: undefined }],
  [handOver.name, [jane.email]],
  [changeRole.name, 7],
])('the signal %s is handled with %j', (name, payload) => {
  expect(hasExpectedPayload(name, [payload])).toBe(true);
});

it.each<[string, unknown]>([
  ...[chunkProgress, personSettled, takeOver, handOver].flatMap(({ name }) =>
    [undefined, null, 7, 'x', {}].map((payload): [string, unknown] => [name, payload]),
  ),
  [chunkProgress.name, { ...report, counts: {} }],
  [chunkProgress.name, { ...report, chunk: -1 }],
  [personSettled.name, { ...settled, role: 'Boss' }],
  [takeOver.name, { ...request, role: 'Boss' }],
  [takeOver.name, { ...request, chunk: '' }],
  [takeOver.name, { ...request, isReminder: 'yes' }],
])('the signal %s is ignored with %j', (name, payload) => {
  expect(hasExpectedPayload(name, [payload])).toBe(false);
});
