import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { PortalError } from '../../src/docspace/errors.js';
import type { Portal } from '../../src/docspace/portal.js';
import type { LedgerLine } from '../../src/sandbox/faults/ledger.js';
import type { LimitsGiven } from '../../src/sandbox/limits.js';
import { mostAtOnce } from '../support/ledger.js';
import { TestPortal } from '../support/portal.js';

/**
 * The client over real sockets, against a portal with the real one's limiters and shorter windows. The windows follow the
 * clock: if a busy machine stops a process for a second, calls of two windows meet in one, so such a test is repeated.
 * throttle.test.ts tests the same rules without a clock.
 */
const repeated = { retry: 2 };

const closing: TestPortal[] = [];

afterEach(async () => {
  for (const portal of closing.splice(0)) await portal.close();
});

async function limited(limits: LimitsGiven): Promise<TestPortal> {
  const portal = await TestPortal.start({ limits, latency: 20 });
  closing.push(portal);
  return portal;
}

/** Repeats a call until it succeeds, and waits between as Temporal does: as long as the failure says. */
async function made<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof PortalError) || error.facts.waitMs === undefined) throw error;
      await delay(error.facts.waitMs);
    }
  }
}

/** Onboards people with four calls each. */
async function onboard(portal: Portal, people: number, atATime: number): Promise<void> {
  let next = 0;
  const one = async (email: string): Promise<void> => {
    const person = { firstName: 'A', lastName: 'B', email, type: 'User', comment: '' } as const;
    const { id } = await made(() => portal.createUser(person));
    await made(() => portal.getUser(id));
    await made(() => portal.promote(id, 'RoomAdmin'));
    await made(() => portal.getUser(id));
  };
  const many = async (): Promise<void> => {
    while (next < people) await one(`p${next++}@example.com`);
  };
  await Promise.all(Array.from({ length: atATime }, many));
}

/** The largest number of lines in any window. */
function mostWithin(window: number, lines: LedgerLine[]): number {
  return Math.max(...lines.map(({ at: from }) => lines.filter(({ at }) => at >= from && at < from + window).length));
}

const received = (line: LedgerLine): boolean => line.phase === 'received';

describe('a portal that takes 100 calls in 4 seconds', repeated, () => {
  const window = { perWindow: 100, window: 4_000 };

  it('gets nine tenths of them from a worker that knows the limit', async () => {
    const portal = await limited(window);
    await onboard(portal.as('owner', { limits: { calls: 100, windowMs: 4_000, parallelWrites: 15 } }), 40, 20);
    const busiest = mostWithin(window.window, await portal.ledger({ phase: 'received' }));
    expect(busiest).toBeGreaterThan(90);
    const { limited: refused, duplicates } = await portal.summary();
    expect(refused).toBeLessThan(4);
    expect([duplicates, (await portal.people()).filter(({ type }) => type === 'RoomAdmin').length]).toEqual([[], 41]);
  });

  it('teaches a worker that does not know the limit', async () => {
    const portal = await limited(window);
    await onboard(portal.as('owner', { limits: { windowMs: 4_000 } }), 40, 20);
    const { limited: refused, duplicates, people } = await portal.summary();
    expect(refused).toBeLessThan(40);
    expect([duplicates, people]).toEqual([[], 45]);
    const [first] = await portal.ledger({ status: '429' });
    const later = (await portal.ledger({ status: '429' })).filter(({ at }) => at > (first?.at ?? 0) + window.window);
    expect(later.length).toBeLessThan(5);
  });
});

it('a limit on simultaneous calls is distinguished from one on a window', repeated, async () => {
  const portal = await limited({ writes: 3, perWindow: 150, window: 3_000 });
  await onboard(portal.as('owner', { limits: { windowMs: 3_000 } }), 60, 30);
  const refused = await portal.ledger({ status: '429' });
  const writes = refused.filter(({ route }) => !route.startsWith('GET'));
  expect(writes.length).toBeGreaterThan(20);
  expect(refused.length).toBeLessThan(60);
  expect(await portal.summary()).toMatchObject({ people: 65, duplicates: [] });
  expect(mostAtOnce((await portal.ledger()).slice(lastOf(writes)))).toBeLessThanOrEqual(3);
});

const lastOf = (lines: LedgerLine[]): number => lines.at(-1)?.seq ?? 0;

it('once the writes of a day are used up, no call is made until it ends', repeated, async () => {
  const portal = await limited({ perDay: 10, day: 3_000 });
  await onboard(portal.as(), 8, 8);
  const lines = await portal.ledger();
  const refused = lines.filter(({ status }) => status === 429);
  const pauseBegan = lastOf(refused.filter(({ at }) => at < (refused[0]?.at ?? 0) + 1_000));
  const next = lines.slice(pauseBegan).find(received);
  // A day ends with the second after the one that Retry-After names.
  expect((next?.at ?? 0) - (lines[0]?.at ?? 0)).toBeGreaterThan(3_000);
  expect(await portal.summary()).toMatchObject({ people: 13, duplicates: [] });
});
