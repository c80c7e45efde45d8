import { ConcurrencyLimit } from './concurrency-limit.js';
import type { PortalErrorFacts } from '../errors.js';
import { portalLimits, type Limits } from './limits.js';
import { WindowRate } from './window-rate.js';

export type CallKind = 'read' | 'write';

/** A call that is under way. */
export interface Permit {
  kind: CallKind;
  sentAt: number;
  /** How many of its kind were under way with it. */
  inFlight: number;
}

/** The least that somebody waits who was not let in, in milliseconds. */
const shortPause = 1_000;

/** A limit up to this one counts parallel calls; a window takes more (docspace-api.md §6). */
const mostParallel = portalLimits.parallelReads;

/**
 * When the calls of one account may go: what is allowed, and what a portal's 429s have taught. Everything that a worker calls
 * goes by it, so that one 429 slows the whole worker down. It decides only; {@link Turns} waits. Pure: times are given, in
 * milliseconds.
 */
export class Throttle {
  private readonly rate: WindowRate;
  private readonly caps: Record<CallKind, ConcurrencyLimit>;
  private promised = -Infinity;

  constructor(
    { calls = Infinity, windowMs = portalLimits.window, parallelWrites = Infinity }: Limits,
    private readonly random = Math.random,
  ) {
    this.rate = new WindowRate(calls, windowMs);
    const reads = Math.ceil((parallelWrites * portalLimits.parallelReads) / portalLimits.parallelWrites);
    this.caps = { read: new ConcurrencyLimit(reads), write: new ConcurrencyLimit(parallelWrites) };
  }

  /** Milliseconds until a call may go that has so many before it, if there is a place for it then. */
  wait(now: number, before = 0): number {
    return this.rate.wait(now) + before * this.rate.spacing;
  }

  hasCapacity(kind: CallKind): boolean {
    return this.caps[kind].hasCapacity;
  }

  begin(kind: CallKind, now: number): Permit {
    this.rate.begin(now);
    return { kind, sentAt: now, inFlight: this.caps[kind].begin() };
  }

  /**
   * A call is over.
   *
   * @param failure what went wrong with it
   * @returns whether the portal refused it as one too many
   */
  end({ kind, sentAt, inFlight }: Permit, now: number, failure?: PortalErrorFacts): boolean {
    const cap = this.caps[kind];
    cap.end();
    const { status, retryAfterMs, rateLimit } = failure ?? {};
    if (status !== 429 && (status !== 503 || retryAfterMs === undefined)) {
      if (!failure) cap.succeeded();
      return false;
    }
    if (retryAfterMs !== undefined) {
      // In whole seconds, and the one that is named is not over when it begins.
      this.rate.closeUntil(now + retryAfterMs + 1_000);
    } else if (rateLimit !== undefined && rateLimit <= mostParallel) {
      cap.refused(sentAt, now, inFlight, rateLimit);
    } else {
      this.rate.refused(sentAt, now, rateLimit);
    }
    return true;
  }

  /**
   * Milliseconds after which somebody may come again who is not let in now: one after the other at the pace of the calls, for
   * together they would only be sent away again.
   *
   * @param before how many wait for their turn already
   */
  retryAfter(now: number, before: number): number {
    const wait = Math.max(this.wait(now, before), shortPause);
    this.promised = Math.max(this.promised, now + wait) + this.rate.spacing;
    const spread = Math.min(Math.max(wait / 10, shortPause), 10 * shortPause);
    return Math.ceil(this.promised - now + this.random() * spread);
  }
}
