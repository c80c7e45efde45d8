import type { CallKind, Permit, Throttle } from './throttle.js';
import { PortalError, type PortalErrorFacts } from '../errors.js';

/**
 * The longest time that a call waits before it is sent. It adds to the time of each attempt, and the start-to-close
 * timeout of a step leaves room for it. A call that would wait longer is rejected at once, with the time to try
 * again.
 */
export const longestWaitMs = 5_000;

interface WaitingCall {
  kind: CallKind;
  deadline: number;
  admit: (permit: Permit) => void;
  reject: (facts: Pick<PortalErrorFacts, 'waitMs' | 'slowdown'>) => void;
}

/** Sends the calls of a portal when their {@link Throttle} allows, in their order of arrival. */
export class RequestQueue {
  private queue: WaitingCall[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly throttle: Throttle,
    private readonly now = (): number => performance.now(),
  ) {}

  /**
   * Resolves when the call may be sent.
   *
   * @throws {PortalError} of the kind `throttled` if that takes too long or a signal aborts. Nothing was sent.
   */
  acquire(kind: CallKind, route: string, signals: readonly AbortSignal[]): Promise<Permit> {
    return new Promise((resolve, fail) => {
      const reject: WaitingCall['reject'] = (facts) => fail(new PortalError({ kind: 'throttled', route, ...facts }));
      const waiting: WaitingCall = { kind, deadline: this.now() + longestWaitMs, admit: resolve, reject };
      const leave = (): void => {
        this.queue = this.queue.filter((each) => each !== waiting);
        reject({});
      };
      if (signals.some(({ aborted }) => aborted)) return leave();
      this.queue.push(waiting);
      this.admitCalls();
      if (this.queue.includes(waiting)) for (const signal of signals) signal.addEventListener('abort', leave);
    });
  }

  /** @returns milliseconds after which the call may be tried again, if the portal refused it because of a limit */
  release(permit: Permit, failure?: PortalErrorFacts): number | undefined {
    const isRefused = this.throttle.end(permit, this.now(), failure);
    this.admitCalls();
    return isRefused ? this.throttle.comebackDelay(this.now(), this.queue.length) : undefined;
  }

  /** Why calls are slower than the settings allow. */
  slowdown(): string | undefined {
    return this.throttle.slowdown(this.now());
  }

  private admitCalls(): void {
    clearTimeout(this.timer);
    const now = this.now();
    const remaining: WaitingCall[] = [];
    for (const waiting of this.queue) {
      if (now + this.throttle.wait(now, remaining.length) >= waiting.deadline) {
        const slowdown = this.throttle.slowdown(now);
        const waitMs = this.throttle.comebackDelay(now, remaining.length);
        waiting.reject({ waitMs, ...(slowdown !== undefined && { slowdown }) });
      } else if (this.throttle.wait(now) === 0 && this.throttle.hasCapacity(waiting.kind, now)) {
        waiting.admit(this.throttle.begin(waiting.kind, now));
      } else {
        remaining.push(waiting);
      }
    }
    this.queue = remaining;
    const [first] = remaining;
    if (!first) return;
    // If only capacity is missing, the next call that ends admits the others.
    const next = Math.min(this.throttle.wait(now) || Infinity, first.deadline - now);
    this.timer = setTimeout(() => this.admitCalls(), Math.ceil(next));
  }
}
