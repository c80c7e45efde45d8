import { ApplicationFailure } from '@temporalio/common';
import { failureTypes } from '../../contract/onboarding.js';

/** Milliseconds between two looks at the clock. */
const lookInterval = 250;

/**
 * Milliseconds. A process that did nothing for so long has slept: it was stopped (SIGSTOP), its machine was suspended, or
 * starved. The last heartbeat was up to half a second before that, and the server waits two seconds for the next one.
 */
const nap = 1_000;

/** Milliseconds after it woke up in which a process may still be handed what the server gave it while it slept. */
const drowsiness = 1_000;

/** A clock that never jumps back, also runs while the process is stopped or its machine suspended, and notices that. */
export class SuspensionAwareClock {
  private steady = performance.now();
  private wall = Date.now();
  private time = 0;
  private woke = -Infinity;

  constructor() {
    setInterval(() => this.now(), lookInterval).unref();
  }

  /** Milliseconds since some moment. */
  now(): number {
    const [steady, wall] = [performance.now(), Date.now()];
    // Only the wall's clock runs in suspension, and only the other one is never set.
    const passed = Math.max(steady - this.steady, wall - this.wall);
    [this.steady, this.wall] = [steady, wall];
    this.time += passed;
    if (passed > nap) this.woke = this.time;
    return this.time;
  }

  sleptSince(time: number): boolean {
    this.now();
    return this.woke >= time;
  }
}

/**
 * How long the server waits for an attempt. It gives a step to another worker once heartbeats stay away or start-to-close
 * has passed, and does not take back what the first one does after that: this is what keeps it from writing.
 *
 * What remains: a process that is stopped between this check and the system call next to it, and a worker that lives and
 * has lost only the server, which for create the settle window covers.
 */
export class Lease {
  private readonly begun: number;

  /** @param allowed milliseconds from the begin of the attempt in which a call may begin */
  constructor(
    private readonly clock: SuspensionAwareClock,
    private readonly allowed: number,
  ) {
    this.begun = clock.now();
  }

  /** @throws where the server may have given the attempt away: if it has not, it is tried again */
  check(): void {
    const slept = this.clock.sleptSince(this.begun - drowsiness);
    if (!slept && this.clock.now() - this.begun < this.allowed) return;
    throw ApplicationFailure.retryable(
      slept
        ? 'the worker had slept, and another one may be at this step: nothing was sent'
        : 'too little time was left for a call: nothing was sent',
      failureTypes.portalUnavailable,
    );
  }
}
