import { ApplicationFailure } from '@temporalio/common';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';

/** Milliseconds between two calls that ask whether the portal answers again; doubled each time, up to the longest. */
const shortest = 5_000;
const longest = 60_000;

/**
 * Keeps a worker from asking a portal that refuses everybody once per person: while it is open, a step is answered with what
 * the last call was answered, and one call is let through now and then.
 */
export class CircuitBreaker {
  private last: AttentionDetails | undefined;
  private interval = shortest;
  private nextProbe = 0;

  /** @throws what the portal answered last, where it is not asked again yet */
  check(released: boolean, now = Date.now()): void {
    if (!this.last || released) return;
    if (now < this.nextProbe) {
      throw ApplicationFailure.nonRetryable(this.last.message, failureTypes.needsAttention, this.last);
    }
    this.interval = Math.min(this.interval * 2, longest);
    this.nextProbe = now + this.interval; // this call is the probe
  }

  /** The portal refused a call for a reason that concerns everybody. */
  open(attention: AttentionDetails, now = Date.now()): void {
    if (!this.last) {
      this.interval = shortest;
      this.nextProbe = now + shortest;
    }
    this.last = attention;
  }

  close(): void {
    this.last = undefined;
  }
}
