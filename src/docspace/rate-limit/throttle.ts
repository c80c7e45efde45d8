import { ConcurrencyLimit } from './concurrency-limit.js';
import { portalLimits, type Limits } from './limits.js';
import { WindowRate } from './window-rate.js';
import type { PortalErrorFacts } from '../errors.js';

export type CallKind = 'read' | 'write';

/** A call in flight. */
export interface Permit {
  kind: CallKind;
  sentAt: number;
  /** How many of its kind were in flight when it was sent. */
  inFlight: number;
}

/** The shortest wait of a rejected call. */
const minWaitMs = 1_000;

/** The longest pause after one answer. `Retry-After` can name a day; a call after each pause checks it. */
export const maxPauseMs = 5 * 60_000;

/** A limit up to this number counts simultaneous calls. The limit of a window is higher (docspace-api.md §6). */
const maxParallel = portalLimits.parallelReads;

/**
 * Decides when the calls of one account may be sent, from the settings and from what the portal's 429s have taught.
 * All calls of a worker share one throttle, so one 429 slows the whole worker. It only decides; {@link RequestQueue}
 * waits. Pure: times are parameters, in milliseconds.
 */
export class Throttle {
  private readonly rate: WindowRate;
  private readonly concurrency: Record<CallKind, ConcurrencyLimit>;
  private readonly windowMs: number;
  /** When the last rejected call may come back. */
  private lastComeback = -Infinity;
  private pausedUntil = -Infinity;

  constructor(
    { calls = Infinity, windowMs = portalLimits.windowMs, parallelWrites = Infinity }: Limits,
    private readonly random = Math.random,
  ) {
    this.windowMs = windowMs;
    this.rate = new WindowRate(calls, windowMs);
    const parallelReads = Math.ceil((parallelWrites * portalLimits.parallelReads) / portalLimits.parallelWrites);
    this.concurrency = { read: new ConcurrencyLimit(parallelReads), write: new ConcurrencyLimit(parallelWrites) };
  }

  /** Milliseconds until a call with `before` calls ahead of it may be sent, if there is capacity for it then. */
  wait(now: number, before = 0): number {
    return this.rate.wait(now) + before * this.rate.spacing(now);
  }

  hasCapacity(kind: CallKind, now: number): boolean {
    return this.concurrency[kind].hasCapacity(now);
  }

  begin(kind: CallKind, now: number): Permit {
    this.rate.begin(now);
    return { kind, sentAt: now, inFlight: this.concurrency[kind].begin() };
  }

  /** @returns whether the portal refused the call because of a limit */
  end({ kind, sentAt, inFlight }: Permit, now: number, failure?: PortalErrorFacts): boolean {
    const concurrency = this.concurrency[kind];
    concurrency.end();
    const { status, retryAfterMs, rateLimit } = failure ?? {};
    if (status !== 429 && (status !== 503 || retryAfterMs === undefined)) return false;
    if (retryAfterMs !== undefined) {
      // `Retry-After` counts whole seconds, so the second that it names may not be over yet.
      this.pausedUntil = Math.max(this.pausedUntil, now + Math.min(retryAfterMs + 1_000, maxPauseMs));
      this.rate.closeUntil(this.pausedUntil);
    } else if (rateLimit !== undefined && rateLimit <= maxParallel) {
      concurrency.refused(sentAt, now, inFlight, rateLimit);
    } else {
      this.rate.refused(sentAt, now, rateLimit);
    }
    return true;
  }

  /**
   * Milliseconds after which a rejected call may come back. Calls come back one after the other, because together
   * they would be rejected again.
   *
   * @param before how many calls already wait
   */
  comebackDelay(now: number, before: number): number {
    const wait = Math.max(this.wait(now, before), minWaitMs);
    this.lastComeback = Math.max(this.lastComeback, now + wait) + this.rate.spacing(now);
    const spread = Math.min(Math.max(wait / 10, minWaitMs), 10 * minWaitMs);
    return Math.ceil(this.lastComeback - now + this.random() * spread);
  }

  /** Tells an operator why calls are slower than the settings allow. */
  slowdown(now: number): string | undefined {
    if (now < this.pausedUntil) {
      return `the portal asked for a pause, and calls continue in ${Math.ceil((this.pausedUntil - now) / 1_000)} s`;
    }
    const { read, write } = this.concurrency;
    if (this.rate.isLowered(now)) {
      const perMinute = Math.floor((this.rate.targetRate(now) * 60_000) / this.windowMs);
      return `the portal refused calls (429), and this worker now makes at most ${perMinute} a minute`;
    }
    if (write.isLowered(now) || read.isLowered(now)) {
      return `the portal refused simultaneous calls (429), and this worker now makes at most ${read.capacity(now)} reads and ${write.capacity(now)} writes at a time`;
    }
    return undefined;
  }
}
