import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chunkSize, type PersonResult } from '../../src/contract/batch.js';
import { compactResults, expandResults, limitResults, maxKeptBytes } from '../../src/contract/kept-results.js';
import { inParts } from '../../src/utils/in-parts.js';

/** The server's limit for one payload. */
const payloadLimit = 2 * 1024 * 1024;

function results(count: number, more: (index: number) => Partial<PersonResult>): PersonResult[] {
  return Array.from({ length: count }, (_, index) => {
    const email = `firstname.lastname${index}@example.com`;
    return { email, state: 'onboarded', role: 'User', created: 'now', userId: randomUUID(), ...more(index) };
  });
}

/** What a batch keeps of all its chunks. */
function kept(people: readonly PersonResult[]): { people: PersonResult[]; bytes: number } {
  const chunks = inParts(people, chunkSize);
  const limited = chunks.map((chunk) => limitResults(compactResults(chunk), maxKeptBytes / chunks.length));
  return { people: limited.flatMap(expandResults), bytes: Buffer.byteLength(JSON.stringify(limited)) };
}

const failure = 'an account with this e-mail already exists as RoomAdmin, and this onboarding did not create it';

describe('the results that a batch keeps', () => {
  it('of 30,000 people include everybody’s user id and role', () => {
    const people = results(30_000, (index) => ({ role: index % 3 ? 'User' : 'RoomAdmin' }));
    expect(kept(people).people).toEqual(people.map((person) => ({ ...person, email: '' })));
  });

  it('of 10,000 people who fail for the same reason include the e-mails and the reason, too', () => {
    const people = results(10_000, () => ({ state: 'failed', message: failure }));
    expect(kept(people).people).toEqual(people);
  });

  it.each([
    ['100,000 people', results(100_000, () => ({}))],
    ['100,000 who fail', results(100_000, () => ({ state: 'failed', message: failure }))],
    ['10,000 who fail with a reason each', results(10_000, (i) => ({ state: 'failed', message: `${i}: ${failure}` }))],
  ])('of %s fit into a payload, and have each state and role', (_name, people) => {
    const { people: shown, bytes } = kept(people);
    expect(bytes).toBeLessThan(payloadLimit - maxKeptBytes / 10);
    const statesOf = (of: readonly PersonResult[]): unknown => of.map(({ state, role }) => [state, role]);
    expect(statesOf(shown)).toEqual(statesOf(people));
  });
});
