import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PortalError, PortalErrorFacts } from '../../../src/docspace/errors.js';
import type { Limits } from '../../../src/docspace/rate-limit/limits.js';
import { Throttle, type CallKind, type Permit } from '../../../src/docspace/rate-limit/throttle.js';
import { longestWaitMs, RequestQueue } from '../../../src/docspace/rate-limit/request-queue.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const route = 'GET /people/{id}';

/** Calls, and what the queue does with them. */
class Callers {
  readonly sent: string[] = [];
  readonly rejected: PortalErrorFacts[] = [];
  readonly inFlight: Permit[] = [];
  readonly queue: RequestQueue;

  constructor(limits: Limits) {
    this.queue = new RequestQueue(new Throttle(limits, () => 0), () => Date.now());
  }

  call(name: string, kind: CallKind = 'read', ...signals: AbortSignal[]): void {
    void this.make(name, kind, signals);
  }

  end(failure?: PortalErrorFacts): number | undefined {
    const sent = this.inFlight.shift();
    return sent && this.queue.release(sent, failure);
  }

  private async make(name: string, kind: CallKind, signals: AbortSignal[]): Promise<void> {
    try {
      this.inFlight.push(await this.queue.acquire(kind, route, signals));
      this.sent.push(name);
    } catch (error) {
      this.rejected.push((error as PortalError).facts);
    }
  }
}

const refused = (more: Partial<PortalErrorFacts>): PortalErrorFacts => {
  return { kind: 'status', route, status: 429, ...more };
};
const advance = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

describe('a waiting call', () => {
  it('is sent in order, at the allowed rate', async () => {
    const callers = new Callers({ calls: 60 });
    for (const name of ['a', 'b', 'c', 'd']) callers.call(name);
    await advance(0);
    expect(callers.sent).toEqual(['a']);
    await advance(1_100);
    expect(callers.sent).toEqual(['a', 'b']);
    await advance(2_000);
    expect(callers.sent).toEqual(['a', 'b', 'c', 'd']);
  });

  it('that lacks only capacity is sent when another ends, and blocks no other kind', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    for (const name of ['a', 'b', 'c']) callers.call(name, 'write');
    callers.call('read');
    await advance(0);
    expect(callers.sent).toEqual(['a', 'read']);
    callers.end();
    await advance(0);
    expect(callers.sent).toEqual(['a', 'read', 'b']);
  });

  it('is rejected after the longest wait, with the time to come again', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    for (const name of ['a', 'b']) callers.call(name, 'write');
    await advance(longestWaitMs - 1);
    expect(callers.rejected).toEqual([]);
    await advance(1);
    expect(callers.rejected).toEqual([{ kind: 'throttled', route, waitMs: 1_000 }]);
  });

  it('is rejected at once if it would wait too long, to come after the one before', async () => {
    const callers = new Callers({ calls: 60 });
    for (let count = 0; count < 8; count++) callers.call(String(count));
    await advance(0);
    expect([callers.sent.length, callers.rejected.length]).toEqual([1, 2]);
    const waits = callers.rejected.map(({ waitMs = 0 }) => waitMs);
    expect(waits[0]).toBeGreaterThan(longestWaitMs);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  });

  it('that is aborted leaves and is never sent', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    const stop = new AbortController();
    const aborted = { kind: 'throttled', route };
    callers.call('a', 'write');
    callers.call('b', 'write', new AbortController().signal, stop.signal);
    stop.abort();
    callers.call('c', 'write', stop.signal);
    callers.end();
    await advance(longestWaitMs);
    expect([callers.sent, callers.rejected]).toEqual([['a'], [aborted, aborted]]);
  });
});

describe('a 429', () => {
  it('rejects the waiting calls, and no call is sent until it is over', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    callers.call('a', 'write');
    callers.call('b', 'write');
    await advance(0);
    expect(callers.end(refused({ retryAfterMs: 60_000 }))).toBe(61_000);
    callers.call('c');
    await advance(0);
    expect(callers.rejected.map(({ waitMs }) => waitMs)).toEqual([61_000, 61_000]);
    await advance(60_000);
    callers.call('d');
    await advance(999);
    expect(callers.sent).toEqual(['a']);
    await advance(1);
    expect(callers.sent).toEqual(['a', 'd']);
  });

  it('with a short pause lets calls wait', async () => {
    const callers = new Callers({});
    callers.call('a');
    await advance(0);
    callers.end(refused({ retryAfterMs: 2_000 }));
    callers.call('b');
    await advance(2_999);
    expect(callers.sent).toEqual(['a']);
    await advance(1);
    expect(callers.sent).toEqual(['a', 'b']);
  });
});
