import { ApplicationFailure } from '@temporalio/common';
import { failureTypes, type AttentionDetails } from '../../contract/onboarding.js';

/** The time between two probes, which check whether the portal answers again. It doubles with each probe. */
const minProbeIntervalMs = 5_000;
const maxProbeIntervalMs = 60_000;

/**
 * If a portal refuses everybody, keeps the worker from asking it once per person. While the breaker is open, each
 * step fails with the portal's last answer, and a call passes now and then as a probe.
 */
export class CircuitBreaker {
  private lastRefusal: AttentionDetails | undefined;
  private probeIntervalMs = minProbeIntervalMs;
  private nextProbeAt = 0;
  private hasSuspicion = false;

  /** @throws the portal's last answer, unless this call may pass */
  check(isResumed: boolean, now = performance.now()): void {
    if (!this.lastRefusal || isResumed) return;
    if (now < this.nextProbeAt) {
      throw ApplicationFailure.nonRetryable(this.lastRefusal.message, failureTypes.needsAttention, this.lastRefusal);
    }
    this.probeIntervalMs = Math.min(this.probeIntervalMs * 2, maxProbeIntervalMs);
    this.nextProbeAt = now + this.probeIntervalMs;
  }

  /**
   * A refusal without the portal's envelope may come from anything in between, so one alone proves nothing.
   *
   * @returns whether this is the second one without a proper answer in between
   */
  confirmsSuspicion(): boolean {
    const { hasSuspicion } = this;
    this.hasSuspicion = true;
    return hasSuspicion;
  }

  /** The portal refused a call for a reason that concerns everybody. */
  open(refusal: AttentionDetails, now = performance.now()): void {
    if (!this.lastRefusal) {
      this.probeIntervalMs = minProbeIntervalMs;
      this.nextProbeAt = now + minProbeIntervalMs;
    }
    this.lastRefusal = refusal;
  }

  close(): void {
    this.lastRefusal = undefined;
    this.hasSuspicion = false;
  }
}
