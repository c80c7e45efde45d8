import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../../contract/onboarding.js';

const clockCheckIntervalMs = 250;

/**
 * A process that did nothing for this long was suspended: it was stopped (SIGSTOP), its machine slept, or it got no
 * CPU time. Its last heartbeat was up to half a second older, and the server waits two seconds for the next one.
 */
const suspensionThresholdMs = 1_000;

/** For this long after it resumes, a process may still receive tasks that the server sent while it was suspended. */
const resumeGraceMs = 1_000;

/** An acknowledgment older than this is renewed before a write. */
const acknowledgmentRefreshMs = 500;

/** The server gives a step to another worker two seconds after the last heartbeat. Writes stop half a second earlier. */
const acknowledgmentLimitMs = 1_500;

/** A clock that never goes back, keeps running while the process is suspended, and notices the suspension. */
export class SuspensionAwareClock {
  private monotonic = performance.now();
  private wall = Date.now();
  private time = 0;
  private resumedAt = -Infinity;

  constructor() {
    setInterval(() => this.now(), clockCheckIntervalMs).unref();
  }

  /** Milliseconds since the clock was created. */
  now(): number {
    const [monotonic, wall] = [performance.now(), Date.now()];
    // Only the wall clock runs while the machine sleeps; only the monotonic clock is never adjusted.
    const passed = Math.max(monotonic - this.monotonic, wall - this.wall);
    [this.monotonic, this.wall] = [monotonic, wall];
    this.time += passed;
    if (passed > suspensionThresholdMs) this.resumedAt = this.time;
    return this.time;
  }

  wasSuspendedSince(time: number): boolean {
    this.now();
    return this.resumedAt >= time;
  }
}

/**
 * Decides how long an attempt may write. If heartbeats are missing or start-to-close has passed, the server gives the
 * step to another worker, but cannot stop the first one. The lease keeps the first worker from writing.
 *
 * One gap remains: the process may be suspended between this check and the system call that follows.
 */
export class Lease {
  private readonly startedAt: number;
  /** When the last message that certainly reached the server was sent. The start of the attempt counts, too. */
  private acknowledgedAt: number;
  private isWritePending = false;

  /**
   * @param allowedMs how long after its start the attempt may begin a call
   * @param heartbeat sends a heartbeat, and resolves once the server has acknowledged it
   */
  constructor(
    private readonly clock: SuspensionAwareClock,
    private readonly allowedMs: number,
    private readonly heartbeat: () => Promise<void>,
  ) {
    this.startedAt = clock.now();
    this.acknowledgedAt = this.startedAt;
  }

  /** Proves contact with the server before a write. {@link check} refuses the write if that fails. */
  async renew(): Promise<void> {
    this.isWritePending = true;
    const sentAt = this.clock.now();
    if (sentAt - this.acknowledgedAt < acknowledgmentRefreshMs) return;
    try {
      await this.heartbeat();
    } catch {
      throw refusal('the worker has lost contact with Temporal, or another worker has this step');
    }
    this.acknowledgedAt = sentAt;
  }

  /** Keeps the lease fresh while a write waits for its connection. */
  keepFresh(): void {
    if (this.isWritePending) this.renew().catch(() => undefined);
  }

  /** @throws if the server may have given the step to another worker; otherwise the server retries this attempt */
  check(): void {
    this.isWritePending = false;
    const now = this.clock.now();
    if (this.clock.wasSuspendedSince(this.startedAt - resumeGraceMs)) {
      throw refusal('the worker was suspended, and another worker may have this step');
    }
    if (now - this.startedAt >= this.allowedMs) throw refusal('too little time was left for a call');
    if (now - this.acknowledgedAt >= acknowledgmentLimitMs) {
      throw refusal('Temporal has not acknowledged a heartbeat recently, and another worker may have this step');
    }
  }
}

function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.retryable(`${reason}: nothing was sent`, failureTypes.portalUnavailable);
}
