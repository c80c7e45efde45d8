import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Limits, portalLimits } from '../../src/sandbox/limits.js';
import { TestPortal } from '../support/portal.js';
import { newcomer } from './call-portal.js';

const minute = 60_000;
const day = 86_400_000;

/** A call that is over at once: the headers of its 429, or nothing where it was admitted. */
function called(limits: Limits, now: number, method = 'GET', who = 'ann'): Record<string, string> | undefined {
  const admitted = limits.admit(who, `${method} /people/@self`, now);
  if (typeof admitted !== 'function') return admitted.headers;
  admitted();
  return undefined;
}

/** How many of so many calls, one each so many milliseconds, are admitted. */
function admittedOf(count: number, limits: Limits, from: number, every: number, method = 'GET'): number {
  const answers = Array.from({ length: count }, (_, index) => called(limits, from + index * every, method));
  return answers.filter((headers) => headers === undefined).length;
}

describe('the window', () => {
  it('admits 1,500 calls in any minute', () => {
    const limits = new Limits({});
    expect(admittedOf(1_600, limits, 0, 10)).toBe(1_500);
    expect(called(limits, minute - 1)).toEqual({ 'x-ratelimit-limit': '1500', 'x-ratelimit-remaining': '0' });
    expect(admittedOf(1_600, limits, minute, 0)).toBe(1);
    expect(admittedOf(1_600, limits, minute + 100, 0)).toBe(10);
  });

  it('does not count a call that it refuses', () => {
    const limits = new Limits({});
    admittedOf(1_500, limits, 0, 0);
    admittedOf(5_000, limits, minute / 2, 0);
    expect(admittedOf(1_600, limits, minute, 0)).toBe(1_500);
  });

  it('is separate for each person', () => {
    const limits = new Limits({});
    admittedOf(1_500, limits, 0, 0);
    expect([called(limits, 0, 'GET', 'ann'), called(limits, 0, 'GET', 'bob')]).toEqual([expect.anything(), undefined]);
  });
});

describe('the concurrency limit', () => {
  it.each([
    ['GET', 50],
    ['POST', 15],
    ['PUT', 15],
    ['DELETE', 15],
  ])('admits %s calls up to %i at a time', (method, most) => {
    const limits = new Limits({});
    const calls = Array.from({ length: most }, () =>
      limits.admit('ann', `${method} /people/@self`, 0),
    ) as (() => void)[];
    expect(called(limits, 0, method)).toEqual({ 'x-ratelimit-limit': String(most), 'x-ratelimit-remaining': '0' });
    expect(called(limits, 0, method === 'GET' ? 'POST' : 'GET')).toBeUndefined();
    calls[0]?.();
    expect(called(limits, 0, method)).toBeUndefined();
  });

  it('refuses calls that the window has counted', () => {
    const limits = new Limits({ perWindow: 20, writes: 1 });
    limits.admit('ann', 'PUT /people/{id}', 0);
    admittedOf(19, limits, 0, 0, 'PUT');
    expect(called(limits, 0)).toMatchObject({ 'x-ratelimit-limit': '20' });
  });
});

describe('the daily limit', () => {
  it('admits 10,000 POSTs and PUTs, and says when the day ends', () => {
    const limits = new Limits({ perWindow: 100_000 });
    expect(admittedOf(6_000, limits, 0, 0, 'POST') + admittedOf(6_000, limits, 0, 0, 'PUT')).toBe(10_000);
    expect(called(limits, 3_600_000, 'POST')).toEqual({
      'x-ratelimit-limit': '10000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '86400',
      'retry-after': '82800',
    });
    expect([called(limits, 0, 'GET'), called(limits, 0, 'DELETE')]).toEqual([undefined, undefined]);
    expect(called(limits, day + 999, 'PUT')).toMatchObject({ 'retry-after': '0' });
    expect(called(limits, day + 1_000, 'PUT')).toBeUndefined();
  });
});

describe('over a socket', () => {
  let portal: TestPortal;

  beforeEach(async () => {
    portal = await TestPortal.start({ limits: { perWindow: 2 } });
  });

  afterEach(() => portal.close());

  const self = (key: string): Promise<Response> => portal.raw('GET', '/people/@self', undefined, key);

  it('a 429 is empty, has two headers, and changes nothing', async () => {
    const statuses = await Promise.all([self(portal.keys.owner), self(portal.keys.owner)]);
    expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await portal.raw('POST', '/people', newcomer({ email: 'late@example.com' }));
    expect([refused.status, await refused.text()]).toEqual([429, '']);
    const headers = [...refused.headers.keys()].filter((name) => /ratelimit|retry/.test(name));
    expect(headers).toEqual(['x-ratelimit-limit', 'x-ratelimit-remaining']);
    expect(await portal.withEmail('late@example.com')).toEqual([]);
    expect((await self(portal.keys.docSpaceAdmin)).status).toBe(200);
  });

  it('calls with unknown keys share the limit of their address', async () => {
    const statuses = [];
    for (const key of ['sk-a', 'sk-b', 'sk-c', portal.keys.owner]) statuses.push((await self(key)).status);
    expect(statuses).toEqual([401, 401, 429, 200]);
  });

  it('the control route sets other numbers', async () => {
    await portal.limits({});
    const calls = await Promise.all(Array.from({ length: 20 }, () => self(portal.keys.owner)));
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200]));
    await portal.limits({ perWindow: 1, window: 3_600_000 });
    expect([(await self(portal.keys.owner)).status, (await self(portal.keys.owner)).status]).toEqual([200, 429]);
    expect(portalLimits).toMatchObject({ perWindow: 1_500, reads: 50, writes: 15, perDay: 10_000 });
  });

  it('an answered call frees its place among the parallel ones', async () => {
    const route = 'POST /people';
    await portal.limits({ writes: 1 });
    await portal.faults({ route, times: 1, does: { kind: 'hold' } });
    const held = portal.raw('POST', '/people', newcomer());
    await portal.reached(route, 'received');
    const statuses = [(await portal.raw('POST', '/people', newcomer())).status];
    await portal.release();
    statuses.push((await held).status, (await portal.raw('POST', '/people', newcomer())).status);
    expect(statuses).toEqual([429, 200, 200]);
  });
});
