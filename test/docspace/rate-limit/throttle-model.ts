import type { PortalErrorFacts } from '../../../src/docspace/errors.js';
import type { Limits as WorkerLimits } from '../../../src/docspace/rate-limit/limits.js';
import { Throttle, type CallKind } from '../../../src/docspace/rate-limit/throttle.js';
import { Limits, type LimitsGiven } from '../../../src/sandbox/limits.js';

/** Workers that always have a call to make, and a portal with the real one's limiters, on a clock of their own. */

export interface Model {
  /** The settings of each worker. */
  workers: WorkerLimits[];
  portal?: LimitsGiven;
  /** Milliseconds that the portal needs for a call, and the network for one way. */
  works?: number;
  network?: () => number;
  /** Milliseconds by which a timer is late. */
  late?: () => number;
  /** When others who use the account call. */
  others?: number[];
  /** The length of the run in milliseconds. */
  until: number;
}

/** When a call was answered, and how. */
interface Call {
  at: number;
  worker: number;
  status: 200 | 429;
}

/** Calls of a worker that are in flight or wait. */
const slots = 100;

export function model(given: Model): { calls: Call[] } {
  const { workers, portal = {}, works = 50, network = () => 10, late = () => 1, others = [], until } = given;
  const limits = new Limits(portal);
  const clock = new Clock();
  const calls: Call[] = [];

  const admit = (kind: CallKind): { status: 200 | 429; headers: Record<string, string>; done: () => void } => {
    const admitted = limits.admit('owner', kind === 'read' ? 'GET' : 'POST', clock.now);
    if (typeof admitted === 'function') return { status: 200, headers: {}, done: admitted };
    return { status: 429, headers: admitted.headers, done: () => undefined };
  };
  for (const at of others) clock.after(at, () => admit('read').done());

  workers.forEach((told, worker) => {
    const throttle = new Throttle(told, () => 0.5);
    let free = slots;
    let turn = 0;
    let asleep = false;

    const go = (): void => {
      for (;;) {
        const kinds: CallKind[] = turn % 2 === 0 ? ['write', 'read'] : ['read', 'write'];
        const kind = kinds.find((each) => throttle.hasCapacity(each, clock.now));
        if (kind === undefined || free === 0) return;
        const wait = throttle.wait(clock.now);
        if (wait > 0) return sleep(wait);
        turn++;
        free--;
        send(kind);
      }
    };
    const sleep = (wait: number): void => {
      if (asleep) return;
      asleep = true;
      clock.after(wait + late(), () => {
        asleep = false;
        go();
      });
    };
    const send = (kind: CallKind): void => {
      const sent = throttle.begin(kind, clock.now);
      clock.after(network(), () => {
        const { status, headers, done } = admit(kind);
        clock.after(status === 200 ? works : 1, () => {
          done();
          clock.after(network(), () => {
            calls.push({ at: clock.now, worker, status });
            free++;
            throttle.end(sent, clock.now, status === 200 ? undefined : refusal(headers));
            go();
          });
        });
      });
    };
    clock.after(worker * 7, go);
  });

  clock.run(until);
  return { calls };
}

function refusal(headers: Record<string, string>): PortalErrorFacts {
  const retryAfter = headers['retry-after'];
  return {
    kind: 'status',
    route: '',
    status: 429,
    rateLimit: Number(headers['x-ratelimit-limit']),
    ...(retryAfter !== undefined && { retryAfterMs: Number(retryAfter) * 1_000 }),
  };
}

class Clock {
  now = 0;
  private readonly events: { at: number; run: () => void }[] = [];

  after(delay: number, run: () => void): void {
    const event = { at: this.now + delay, run };
    const later = this.events.findLastIndex(({ at }) => at <= event.at);
    this.events.splice(later + 1, 0, event);
  }

  run(until: number): void {
    for (let event = this.events.shift(); event && event.at <= until; event = this.events.shift()) {
      this.now = event.at;
      event.run();
    }
  }
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
