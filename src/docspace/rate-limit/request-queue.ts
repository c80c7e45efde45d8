import { PortalError, type PortalErrorFacts } from '../errors.js';
import type { CallKind, Throttle, Permit } from './throttle.js';

/**
 * The longest that a call is held before it is sent, in milliseconds. It adds to the time that an attempt takes, so that the
 * start-to-close of a step has room for it with every call; who would wait longer is told at once when to come again.
 */
export const longestWaitMs = 5_000;

interface Waiting {
  kind: CallKind;
  deadline: number;
  go: (sent: Permit) => void;
  /** With the milliseconds after which to come again. */
  sendAway: (facts: { waitMs: number }) => void;
}

/** Lets the calls of a portal go when their {@link Throttle} allows, in the order in which they came. */
export class RequestQueue {
  private queue: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pace: Throttle,
    private readonly now = (): number => performance.now(),
  ) {}

  /**
   * Resolves when the call may be sent.
   *
   * @throws {PortalError} of the kind `held` where that takes too long, or a signal says so. Nothing was sent.
   */
  acquire(kind: CallKind, route: string, signals: readonly AbortSignal[]): Promise<Permit> {
    return new Promise((resolve, reject) => {
      const sendAway = (facts: { waitMs?: number }): void =>
        reject(new PortalError({ kind: 'throttled', route, ...facts }));
      const waiting = { kind, deadline: this.now() + longestWaitMs, go: resolve, sendAway };
      const leave = (): void => {
        this.queue = this.queue.filter((each) => each !== waiting);
        sendAway({});
      };
      if (signals.some(({ aborted }) => aborted)) return leave();
      this.queue.push(waiting);
      this.serve();
      if (this.queue.includes(waiting)) for (const signal of signals) signal.addEventListener('abort', leave);
    });
  }

  /** @returns milliseconds after which the call may be tried again, where the portal refused it as one too many */
  release(sent: Permit, failure?: PortalErrorFacts): number | undefined {
    const refused = this.pace.end(sent, this.now(), failure);
    this.serve();
    return refused ? this.pace.retryAfter(this.now(), this.queue.length) : undefined;
  }

  private serve(): void {
    clearTimeout(this.timer);
    const now = this.now();
    const staying: Waiting[] = [];
    for (const waiting of this.queue) {
      if (now + this.pace.wait(now, staying.length) >= waiting.deadline) {
        waiting.sendAway({ waitMs: this.pace.retryAfter(now, staying.length) });
      } else if (this.pace.wait(now) === 0 && this.pace.hasCapacity(waiting.kind)) {
        waiting.go(this.pace.begin(waiting.kind, now));
      } else {
        staying.push(waiting);
      }
    }
    this.queue = staying;
    const [first] = staying;
    if (!first) return;
    // Where only a place is missing, whoever leaves one serves the others.
    const next = Math.min(this.pace.wait(now) || Infinity, first.deadline - now);
    this.timer = setTimeout(() => this.serve(), Math.ceil(next));
  }
}
