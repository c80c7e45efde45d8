import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PortalErrorFacts } from '../../../src/docspace/errors.js';
import { Throttle } from '../../../src/docspace/rate-limit/throttle.js';
import { model, seeded, type Model } from './throttle-model.js';

const minute = 60_000;
const told = { calls: 1_500, parallelWrites: 15 };
/** So many that it does not matter here. */
const perDay = 1_000_000;

const pace = (limits = {}): Throttle => new Throttle(limits, () => 0);
const answered = (facts: Partial<PortalErrorFacts>): PortalErrorFacts => ({ kind: 'status', route: '', ...facts });
const windowFull = answered({ status: 429, rateLimit: 1_500 });
const tooManyWrites = answered({ status: 429, rateLimit: 15 });

/** Calls that are over at once, as early as they may go: their times. */
function times(count: number, of: Throttle, from = 0): number[] {
  let now = from;
  return Array.from({ length: count }, () => {
    now += of.wait(now);
    of.end(of.begin('read', now), now);
    return now;
  });
}

describe('calls are spread evenly', () => {
  it('from the first one on, a little under what is allowed', () => {
    const gaps = times(100, pace(told)).map((time, index, all) => time - (all[index - 1] ?? time));
    expect(gaps[0]).toBe(0);
    for (const gap of gaps.slice(20)) expect(gap).toBeCloseTo(minute / (1_500 * 0.985), 5);
  });

  it('so that no window ever has more, however late each call is', () => {
    const late = fc.array(fc.oneof(fc.nat(5), fc.nat(50), fc.nat(5_000)), { minLength: 500, maxLength: 500 });
    fc.assert(
      fc.property(late, fc.integer({ min: 60, max: 400 }), (delays, calls) => {
        const one = pace({ calls, windowMs: 10_000 });
        let now = 0;
        const sent = delays.map((delay) => {
          now += one.wait(now) + delay;
          one.end(one.begin('write', now), now);
          return now;
        });
        sent.forEach((time, index) => expect(sent[index + calls] ?? Infinity).toBeGreaterThan(time + 10_000));
      }),
    );
  });

  it('and not at all where nothing is known', () => {
    expect(times(10_000, pace()).at(-1)).toBe(0);
  });
});

describe('what the portal says wins', () => {
  it('a full window: nobody calls until the first of ours has left it, and then at its rate', () => {
    const one = pace();
    times(1_499, one, 1_000);
    const last = one.begin('read', 2_000);
    one.end(last, 2_100, windowFull);
    expect(one.wait(2_100)).toBe(1_000 + minute * 1.0075 - 2_100);
    const [first = 0, ...rest] = times(1_476, one, 3_000);
    expect(first).toBe(1_000 + minute * 1.0075);
    expect((rest.at(-1) ?? 0) - first).toBeGreaterThan(minute * 0.98);
  });

  it('a full window of which nothing is ours: a whole window', () => {
    const one = pace(told);
    one.end(one.begin('read', 0), 10, windowFull);
    expect(one.wait(10)).toBeGreaterThanOrEqual(minute);
  });

  it('Retry-After: nobody calls before, and the second that it names is over too', () => {
    const one = pace();
    one.end(one.begin('write', 0), 100, answered({ status: 429, retryAfterMs: 7_200_000, rateLimit: 10_000 }));
    expect([one.wait(100), one.wait(7_200_100)]).toEqual([7_201_000, 1_000]);
    expect(times(20_000, one, 7_201_100).at(-1)).toBe(7_201_100);
  });

  it('a portal that is away, and says for how long, is asked again then', () => {
    const one = pace();
    one.end(one.begin('read', 0), 0, answered({ status: 503, retryAfterMs: 7_000 }));
    expect(one.wait(0)).toBe(8_000);
    one.end(one.begin('read', 8_000), 8_000, answered({ status: 503 }));
    expect(one.wait(8_000)).toBe(0);
  });

  it('too many at the same time: fewer than there were, and slowly more again', () => {
    const one = pace();
    const sent = Array.from({ length: 16 }, () => one.begin('write', 0));
    one.end(sent.pop() ?? expect.fail(), 10, tooManyWrites);
    for (const each of sent) one.end(each, 20, each === sent[0] ? tooManyWrites : undefined);
    const fits = (): number => {
      const taken = [];
      while (one.hasCapacity('write')) taken.push(one.begin('write', 30));
      for (const each of taken) one.end(each, 30, answered({ status: 500 }));
      return taken.length;
    };
    expect([fits(), one.hasCapacity('read')]).toEqual([12, true]);
    for (let count = 0; count < 200; count++) one.end(one.begin('write', 40), 40);
    expect(fits()).toBe(13);
    for (let count = 0; count < 2_000; count++) one.end(one.begin('write', 40), 40);
    expect(fits()).toBe(15);
  });

  it('who is sent away comes again one after the other, and never together', () => {
    const one = pace(told);
    one.end(one.begin('write', 0), 0, answered({ status: 429, retryAfterMs: 3_600_000 }));
    const back = Array.from({ length: 100 }, () => one.retryAfter(0, 0));
    back.forEach((wait, index) => expect(wait).toBeGreaterThan(back[index - 1] ?? 3_601_000));
    expect(back.at(-1)).toBeLessThan(3_601_000 + 100 * 42);
  });
});

describe('workers that always have something to call', () => {
  const random = seeded(7);
  const rough = { network: () => 5 + random() * 300, late: () => random() * 40 };
  const steady = Array.from({ length: 4_800 }, (_, index) => 2 * minute + index * 100);

  it.each<[string, Omit<Model, 'until'>, number, number]>([
    ['one, told what is allowed', { workers: [told] }, 0.97, 0.0001],
    ['on a rough network', { workers: [told], ...rough }, 0.97, 0.001],
    ['on a slow portal', { workers: [told], works: 1_000 }, 0.97, 0.001],
    ['told twice what is allowed', { workers: [{ calls: 3_000, parallelWrites: 30 }] }, 0.97, 0.001],
    ['told nothing', { workers: [{}] }, 0.97, 0.01],
    ['two, each told that it is alone', { workers: [told, told] }, 0.97, 0.005],
    ['three of them, on a rough network', { workers: [told, told, told], ...rough }, 0.97, 0.01],
    ['two on a slow portal, which share its parallel writes', { workers: [told, told], works: 2_000 }, 0.97, 0.005],
    ['beside somebody who takes two fifths for eight minutes', { workers: [told], others: steady }, 0.77, 0.005],
  ])('%s', (_, given, share, refused) => {
    const { calls } = model({ portal: { perDay }, until: 20 * minute, ...given });
    const good = calls.filter(({ status }) => status === 200).length;
    expect(good / (20 * 1_500)).toBeGreaterThanOrEqual(share);
    expect((calls.length - good) / calls.length).toBeLessThanOrEqual(refused);
  });

  it('two get about as much as each other', () => {
    const { calls } = model({ portal: { perDay }, workers: [told, told], until: 20 * minute });
    const first = calls.filter(({ worker, status }) => worker === 0 && status === 200).length;
    expect(first / calls.length).toBeCloseTo(0.5, 1);
  });

  it('none calls between a used-up day and the next', () => {
    const day = 10 * minute;
    const { calls } = model({ portal: { perDay: 1_000, day }, workers: [told], until: 10.5 * minute });
    const refused = calls.filter(({ status }) => status === 429).map(({ at }) => at);
    const [first = 0, last = 0] = [refused[0], refused.at(-1)];
    const next = calls.find(({ at }) => at > last + 1_000)?.at;
    // Only what was under way already is refused as well.
    expect(refused.length).toBeLessThan(10);
    expect(last - first).toBeLessThan(1_000);
    expect(next).toBeGreaterThan(day);
    expect(next).toBeLessThan(day + 2_500);
  });
});
