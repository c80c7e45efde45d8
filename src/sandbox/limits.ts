import { z } from 'zod';

/** The portal's own limiters, with its numbers (docspace-api.md §6); times in milliseconds. */
export const portalLimits = {
  /** Calls in any window. */
  perWindow: 1_500,
  window: 60_000,
  /** Parallel calls: GETs, and everything else. */
  reads: 50,
  writes: 15,
  /** POSTs and PUTs in a day. A day begins with the first of them after the day before has ended. */
  perDay: 10_000,
  day: 86_400_000,
  /** Calls to one sensitive route in any window of its own. */
  sensitive: 5,
  sensitiveWindow: 900_000,
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
  sensitive: positive,
  sensitiveWindow: positive,
});
export type LimitsGiven = z.output<typeof limitNumbers>;

/** The headers of a 429. It has no body. */
export interface Refusal {
  headers: Record<string, string>;
}

const sensitiveRoutes: readonly string[] = ['POST /people/password', 'PUT /people/invite', 'POST /keys'];

/**
 * The portal's limiters in the order in which its start-up adds them: window, concurrency, day, and the one of a route.
 * No limiter counts a call that it refuses itself. The window also counts a call that a later limiter refuses, because
 * only a place among the parallel calls can be given back. We assume that it is given back before the caller reads
 * the answer.
 */
export class Limits {
  private numbers: LimitNumbers | undefined;
  private windows = new Map<string, SlidingLog>();
  private days = new Map<string, { count: number; ends: number }>();
  private readonly parallel = new Map<string, number>();

  constructor(numbers: LimitsGiven | undefined) {
    if (numbers) this.set(numbers);
  }

  /** Resets the counters, with the portal's numbers unless others are given. */
  set(numbers: LimitsGiven): void {
    this.numbers = { ...portalLimits, ...numbers };
    this.windows = new Map();
    this.days = new Map();
  }

  /**
   * @param who the owner of the key, because all keys of one person share the limits; without a key, an address
   * @param route method and path template
   * @returns the 429, or a function to call at the end of the call
   */
  admit(who: string, route: string, now = Date.now()): Refusal | (() => void) {
    if (!this.numbers) return () => undefined;
    const { perWindow, window, perDay, sensitive, sensitiveWindow } = this.numbers;
    if (!this.windowOf(who).admits(perWindow, now - window, now)) return tooMany(perWindow);

    const [method = ''] = route.split(' ');
    const kind = method === 'GET' ? 'reads' : 'writes';
    const place = `${kind} ${who}`;
    const inFlight = this.parallel.get(place) ?? 0;
    if (inFlight >= this.numbers[kind]) return tooMany(this.numbers[kind]);

    if (method === 'POST' || method === 'PUT') {
      const day = this.dayOf(who, now);
      if (day.count >= perDay) return tooMany(perDay, day.ends, now);
      day.count++;
    }
    if (sensitiveRoutes.includes(route)) {
      const log = this.windowOf(`${route} ${who}`);
      if (!log.admits(sensitive, now - sensitiveWindow, now)) return tooMany(sensitive);
    }
    this.parallel.set(place, inFlight + 1);
    return () => this.parallel.set(place, (this.parallel.get(place) ?? 1) - 1);
  }

  private windowOf(key: string): SlidingLog {
    const log = this.windows.get(key) ?? new SlidingLog();
    this.windows.set(key, log);
    return log;
  }

  /** Redis keeps whole seconds, and the second in which a day ends still belongs to it. */
  private dayOf(who: string, now: number): { count: number; ends: number } {
    const current = this.days.get(who);
    if (current && inSeconds(now) <= current.ends) return current;
    const day = { count: 0, ends: inSeconds(now + (this.numbers?.day ?? 0)) };
    this.days.set(who, day);
    return day;
  }
}

/** The times of somebody's calls, as far back as the window reaches. */
class SlidingLog {
  private times: number[] = [];
  private expired = 0;

  admits(max: number, since: number, now: number): boolean {
    while ((this.times[this.expired] ?? Infinity) <= since) this.expired++;
    if (this.expired > 1_000) this.times = this.times.slice(this.expired);
    if (this.expired > 1_000) this.expired = 0;
    if (this.times.length - this.expired >= max) return false;
    this.times.push(now);
    return true;
  }
}

/** Only the limiter of the day names the time to come back. */
function tooMany(limit: number, ends?: number, now = 0): Refusal {
  const headers = {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': '0',
    ...(ends !== undefined && { 'x-ratelimit-reset': String(ends), 'retry-after': String(ends - inSeconds(now)) }),
  };
  return { headers };
}

function inSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
