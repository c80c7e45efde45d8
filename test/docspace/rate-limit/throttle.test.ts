import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PortalErrorFacts } from '../../../src/docspace/errors.js';
import type { Limits } from '../../../src/docspace/rate-limit/limits.js';
import { ReportedLimit } from '../../../src/docspace/rate-limit/reported-limit.js';
import { maxPauseMs, Throttle, type CallKind } from '../../../src/docspace/rate-limit/throttle.js';
import { model, seeded, type Model } from './throttle-model.js';

const minute = 60_000;
const known = { calls: 1_500, parallelWrites: 15 };
/** So many that it does not matter here. */
const perDay = 1_000_000;

const throttleWith = (limits: Limits = {}): Throttle => new Throttle(limits, () => 0);
const failed = (facts: Partial<PortalErrorFacts>): PortalErrorFacts => ({ kind: 'status', route: '', ...facts });
const refused = (facts: Partial<PortalErrorFacts> = {}): PortalErrorFacts => failed({ status: 429, ...facts });

/** The times of calls that end at once and go as early as they may. */
function timesOf(count: number, throttle: Throttle, from = 0): number[] {
  let now = from;
  return Array.from({ length: count }, () => {
    now += throttle.wait(now);
    throttle.end(throttle.begin('read', now), now);
    return now;
  });
}

function callsWithin(windowMs: number, throttle: Throttle, from: number): number {
  return timesOf(2_000, throttle, from).filter((time) => time < from + windowMs).length;
}

function capacity(kind: CallKind, throttle: Throttle, now: number): number {
  const permits = [];
  while (permits.length < 100 && throttle.hasCapacity(kind, now)) permits.push(throttle.begin(kind, now));
  for (const permit of permits) throttle.end(permit, now, failed({ status: 500 }));
  return permits.length;
}

describe('calls are evenly spaced', () => {
  it('from the first one, a little below the limit', () => {
    const gaps = timesOf(100, throttleWith(known)).map((time, index, all) => time - (all[index - 1] ?? time));
    expect(gaps[0]).toBe(0);
    for (const gap of gaps.slice(20)) expect(gap).toBeCloseTo(minute / (1_500 * 0.985), 5);
  });

  it('so no window has too many, however late each call is', () => {
    const late = fc.array(fc.oneof(fc.nat(5), fc.nat(50), fc.nat(5_000)), { minLength: 500, maxLength: 500 });
    fc.assert(
      fc.property(late, fc.integer({ min: 60, max: 400 }), (delays, calls) => {
        const throttle = throttleWith({ calls, windowMs: 10_000 });
        let now = 0;
        const sent = delays.map((delay) => {
          now += throttle.wait(now) + delay;
          throttle.end(throttle.begin('write', now), now);
          return now;
        });
        sent.forEach((time, index) => expect(sent[index + calls] ?? Infinity).toBeGreaterThan(time + 10_000));
      }),
    );
  });

  it('but not if no limit is known', () => {
    expect(timesOf(10_000, throttleWith()).at(-1)).toBe(0);
  });
});

describe('a full window', () => {
  it('stops calls until the oldest of ours has left it, then sets their rate', () => {
    const throttle = throttleWith();
    timesOf(1_499, throttle, 1_000);
    throttle.end(throttle.begin('read', 2_000), 2_100, refused({ rateLimit: 1_500 }));
    expect(throttle.wait(2_100)).toBe(1_000 + minute * 1.0075 - 2_100);
    const [first = 0, ...rest] = timesOf(1_476, throttle, 3_000);
    expect(first).toBe(1_000 + minute * 1.0075);
    expect((rest.at(-1) ?? 0) - first).toBeGreaterThan(minute * 0.97);
  });

  it('without calls of ours stops calls for a window', () => {
    const throttle = throttleWith(known);
    throttle.end(throttle.begin('read', 0), 10, refused({ rateLimit: 1_500 }));
    expect(throttle.wait(10)).toBeGreaterThanOrEqual(minute);
  });
});

describe('Retry-After', () => {
  it('stops calls until the second that it names is over', () => {
    const throttle = throttleWith();
    throttle.end(throttle.begin('write', 0), 100, refused({ retryAfterMs: 120_000, rateLimit: 10_000 }));
    expect([throttle.wait(100), throttle.wait(120_100)]).toEqual([121_000, 1_000]);
    expect(timesOf(20_000, throttle, 121_100).at(-1)).toBe(121_100);
  });

  it('of a day pauses a worker for five minutes, and again if it still holds', () => {
    const throttle = throttleWith(known);
    for (const now of [0, maxPauseMs]) {
      throttle.end(throttle.begin('write', now), now, refused({ retryAfterMs: 86_400_000, rateLimit: 10_000 }));
      expect(throttle.wait(now)).toBe(maxPauseMs);
      expect(throttle.slowdown(now)).toBe('the portal asked for a pause, and calls continue in 300 s');
    }
    expect([throttle.wait(2 * maxPauseMs), throttle.slowdown(2 * maxPauseMs)]).toEqual([0, undefined]);
  });

  it('of a 503 counts, and a 503 without it does not', () => {
    const throttle = throttleWith();
    throttle.end(throttle.begin('read', 0), 0, failed({ status: 503, retryAfterMs: 7_000 }));
    expect(throttle.wait(0)).toBe(8_000);
    throttle.end(throttle.begin('read', 8_000), 8_000, failed({ status: 503 }));
    expect(throttle.wait(8_000)).toBe(0);
  });
});

describe('too many simultaneous calls', () => {
  it('lower the number of one kind, which recovers', () => {
    const throttle = throttleWith();
    const permits = Array.from({ length: 16 }, () => throttle.begin('write', 0));
    permits
      .toReversed()
      .forEach((permit, index) => throttle.end(permit, 10, index < 2 ? refused({ rateLimit: 15 }) : undefined));
    expect([capacity('write', throttle, 30), throttle.hasCapacity('read', 30)]).toEqual([12, true]);
    expect(capacity('write', throttle, minute * 0.9)).toBe(14);
  });

  it('lower it by half at most', () => {
    const throttle = throttleWith(known);
    throttle.end(throttle.begin('write', 0), 10, refused({ rateLimit: 15 }));
    expect(capacity('write', throttle, 30)).toBe(7);
    expect(capacity('write', throttle, 4 * minute + 30)).toBe(15);
  });
});

describe('a limit that one 429 names', () => {
  it.each([
    [60, 'the portal refused calls (429), and this worker now makes at most 59 a minute'],
    [
      1,
      'the portal refused simultaneous calls (429), and this worker now makes at most 50 reads and 1 writes at a time',
    ],
  ])('of %i holds for one window, and the worker says so', (rateLimit, sentence) => {
    const throttle = throttleWith(known);
    const start = timesOf(1_000, throttle).at(-1) ?? 0;
    throttle.end(throttle.begin('write', start), start, refused({ rateLimit }));
    expect(throttle.slowdown(start + 1)).toBe(sentence);
    expect(callsWithin(minute, throttle, start + 3 * minute)).toBeGreaterThan(700);
    expect(capacity('write', throttle, start + 3 * minute)).toBeGreaterThanOrEqual(7);
    expect(callsWithin(minute, throttle, start + 10 * minute)).toBeGreaterThan(1_400);
    expect(capacity('write', throttle, start + 10 * minute)).toBe(15);
    expect(throttle.slowdown(start + 10 * minute)).toBeUndefined();
  });

  it('holds twice as long each time that it is confirmed', () => {
    const limit = new ReportedLimit(minute);
    let now = 0;
    for (const windows of [1, 2, 4, 8]) {
      limit.report(60, now);
      expect(limit.at(now + windows * minute - 1)).toBe(60);
      now += windows * minute;
      expect(limit.at(now)).toBe(Infinity);
    }
  });
});

it('rejected calls come again one after the other', () => {
  const throttle = throttleWith(known);
  throttle.end(throttle.begin('write', 0), 0, refused({ retryAfterMs: 60_000 }));
  const delays = Array.from({ length: 100 }, () => throttle.comebackDelay(0, 0));
  delays.forEach((delay, index) => expect(delay).toBeGreaterThan(delays[index - 1] ?? 61_000));
  expect(delays.at(-1)).toBeLessThan(61_000 + 100 * 42 + 6_100);
});

describe('workers that always have a call to make', () => {
  const random = seeded(7);
  const rough = { network: () => 5 + random() * 300, late: () => random() * 40 };
  const steady = Array.from({ length: 4_800 }, (_, index) => 2 * minute + index * 100);

  it.each<[string, Omit<Model, 'until'>, number, number]>([
    ['one that knows the limits', { workers: [known] }, 0.97, 0.0001],
    ['one on a rough network', { workers: [known], ...rough }, 0.97, 0.001],
    ['one at a slow portal', { workers: [known], works: 1_000 }, 0.97, 0.001],
    ['one with twice the limits', { workers: [{ calls: 3_000, parallelWrites: 30 }] }, 0.97, 0.005],
    ['one that knows no limits', { workers: [{}] }, 0.97, 0.01],
    ['two, each set up as if it were alone', { workers: [known, known] }, 0.97, 0.005],
    ['three of them on a rough network', { workers: [known, known, known], ...rough }, 0.97, 0.01],
    ['two that share parallel writes at a slow portal', { workers: [known, known], works: 2_000 }, 0.97, 0.005],
    ['one beside someone who takes two fifths for eight minutes', { workers: [known], others: steady }, 0.77, 0.005],
  ])('%s', (_, given, share, refusals) => {
    const { calls } = model({ portal: { perDay }, until: 20 * minute, ...given });
    const good = calls.filter(({ status }) => status === 200).length;
    expect(good / (20 * 1_500)).toBeGreaterThanOrEqual(share);
    expect((calls.length - good) / calls.length).toBeLessThanOrEqual(refusals);
  });

  it('share the limit about equally', () => {
    const { calls } = model({ portal: { perDay }, workers: [known, known], until: 20 * minute });
    const first = calls.filter(({ worker, status }) => worker === 0 && status === 200).length;
    expect(first / calls.length).toBeCloseTo(0.5, 1);
  });

  it('try once every five minutes while the writes of a day are used up', () => {
    const day = 30 * minute;
    const { calls } = model({ portal: { perDay: 1_000, day }, workers: [known], until: 31 * minute });
    const times = calls.filter(({ status }) => status === 429).map(({ at }) => at);
    const bursts = times.filter((at, index) => at - (times[index - 1] ?? -Infinity) > 1_000);
    expect(bursts.length).toBeLessThanOrEqual(6);
    expect(times.length / bursts.length).toBeLessThan(10);
    expect(calls.at(-1)).toMatchObject({ status: 200 });
  });
});
