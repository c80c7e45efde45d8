import { z } from 'zod';
import type { Answer } from './faults/apply-fault.js';

/** The portal's own limiters, with its numbers (docspace-api.md §6); times in milliseconds. */
export const portalLimits = {
  /** Calls in any window. */
  perWindow: 1_500,
  window: 60_000,
  /** At the same time: GETs, and everything else. */
  reads: 50,
  writes: 15,
  /** POSTs and PUTs from the first one of a day on; the next day begins with the first one after it. */
  perDay: 10_000,
  day: 86_400_000,
};

type LimitNumbers = typeof portalLimits;

const positive = z.number().int().positive().exactOptional();
export const limitNumbers = z.strictObject({
  perWindow: positive,
  window: positive,
  reads: positive,
  writes: positive,
  perDay: positive,
  day: positive,
});
export type LimitsGiven = z.output<typeof limitNumbers>;

/**
 * Three limiters in a chain, in the order in which the portal's start-up adds them: window, concurrency, day. None counts a
 * call that it rejects itself. A call that a later one rejects has been counted by the window before it all the same, for
 * only a place among the parallel calls can be given back. Whether the portal's parallel ones are still counted when the
 * caller has read the answer already is a guess: here they are not.
 */
export class Limits {
  private numbers: LimitNumbers | undefined;
  private windows = new Map<string, SlidingLog>();
  private days = new Map<string, { count: number; ends: number }>();
  private readonly parallel = new Map<string, number>();

  constructor(given: LimitsGiven | undefined) {
    if (given) this.set(given);
  }

  /** Begins anew, with the portal's numbers where none are given. */
  set(given: LimitsGiven): void {
    this.numbers = { ...portalLimits, ...given };
    this.windows = new Map();
    this.days = new Map();
  }

  /**
   * @param who the person whose key it is: several keys of one share what they may; an address where there is none
   * @returns the 429, or what is to be called once the call is over
   */
  admit(who: string, method: string, now = Date.now()): Answer | (() => void) {
    if (!this.numbers) return () => undefined;
    const { perWindow, window, perDay } = this.numbers;
    const log = valueIn(this.windows, who, () => new SlidingLog());
    if (!log.admits(perWindow, now - window, now)) return tooMany(perWindow);

    const kind = method === 'GET' ? 'reads' : 'writes';
    const place = `${kind} ${who}`;
    const others = this.parallel.get(place) ?? 0;
    if (others >= this.numbers[kind]) return tooMany(this.numbers[kind]);

    if (method === 'POST' || method === 'PUT') {
      const day = this.dayOf(who, now);
      if (day.count >= perDay) return tooMany(perDay, day.ends, now);
      day.count++;
    }
    this.parallel.set(place, others + 1);
    return () => this.parallel.set(place, (this.parallel.get(place) ?? 1) - 1);
  }

  /** Redis keeps it in whole seconds, and the second in which it ends is still closed. */
  private dayOf(who: string, now: number): { count: number; ends: number } {
    const known = this.days.get(who);
    if (known && inSeconds(now) <= known.ends) return known;
    const day = { count: 0, ends: inSeconds(now + (this.numbers?.day ?? 0)) };
    this.days.set(who, day);
    return day;
  }
}

/** When each call of somebody came, as far back as the window reaches. */
class SlidingLog {
  private times: number[] = [];
  private gone = 0;

  admits(most: number, since: number, now: number): boolean {
    while ((this.times[this.gone] ?? Infinity) <= since) this.gone++;
    if (this.gone > 1_000) this.times = this.times.slice(this.gone);
    if (this.gone > 1_000) this.gone = 0;
    if (this.times.length - this.gone >= most) return false;
    this.times.push(now);
    return true;
  }
}

/** The window and the parallel ones tell no time: only the day has a `Retry-After`. */
function tooMany(limit: number, ends?: number, now = 0): Answer {
  const headers = {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': '0',
    ...(ends !== undefined && { 'x-ratelimit-reset': String(ends), 'retry-after': String(ends - inSeconds(now)) }),
  };
  return { status: 429, headers, body: '' };
}

function inSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

function valueIn<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
