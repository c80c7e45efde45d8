import { ConcurrencyLimit } from './concurrency-limit.js';
import type { PortalErrorFacts } from '../errors.js';
import { portalLimits, type Limits } from './limits.js';
import { WindowRate } from './window-rate.js';

export type Kind = 'read' | 'write';

/** A call that is under way. */
export interface Permit {
  kind: Kind;
  at: number;
  /** How many of its kind were under way with it. */
  together: number;
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
  private readonly caps: Record<Kind, ConcurrencyLimit>;
  private promised = -Infinity;

  constructor(
    { calls = Infinity, window = portalLimits.window, parallelWrites = Infinity }: Limits,
    private readonly random = Math.random,
  ) {
    this.rate = new WindowRate(calls, window);
    const reads = Math.ceil((parallelWrites * portalLimits.parallelReads) / portalLimits.parallelWrites);
    this.caps = { read: new ConcurrencyLimit(reads), write: new ConcurrencyLimit(parallelWrites) };
  }

  /** Milliseconds until a call may go that has so many before it, if there is a place for it then. */
  wait(now: number, before = 0): number {
    return this.rate.wait(now) + before * this.rate.spacing;
  }

  hasCapacity(kind: Kind): boolean {
    return this.caps[kind].hasCapacity;
  }

  begin(kind: Kind, now: number): Permit {
    this.rate.begin(now);
    return { kind, at: now, together: this.caps[kind].begin() };
  }

  /**
   * A call is over.
   *
   * @param failure what went wrong with it
   * @returns whether the portal refused it as one too many
   */
  end({ kind, at, together }: Permit, now: number, failure?: PortalErrorFacts): boolean {
    const cap = this.caps[kind];
    cap.end();
    const { status, retryAfter, rateLimit } = failure ?? {};
    if (status !== 429 && (status !== 503 || retryAfter === undefined)) {
      if (!failure) cap.succeeded();
      return false;
    }
    if (retryAfter !== undefined) {
      // In whole seconds, and the one that is named is not over when it begins.
      this.rate.closeUntil(now + retryAfter + 1_000);
    } else if (rateLimit !== undefined && rateLimit <= mostParallel) {
      cap.refused(at, now, together, rateLimit);
    } else {
      this.rate.refused(at, now, rateLimit);
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
