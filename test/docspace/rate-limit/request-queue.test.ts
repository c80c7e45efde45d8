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

/** Calls as they come, and what becomes of them. */
class Callers {
  readonly sent: string[] = [];
  readonly held: PortalErrorFacts[] = [];
  readonly under: Permit[] = [];
  readonly turns: RequestQueue;

  constructor(limits: Limits) {
    this.turns = new RequestQueue(new Throttle(limits, () => 0), () => Date.now());
  }

  call(name: string, kind: CallKind = 'read', ...signals: AbortSignal[]): void {
    void this.make(name, kind, signals);
  }

  over(failure?: PortalErrorFacts): number | undefined {
    const sent = this.under.shift();
    return sent && this.turns.release(sent, failure);
  }

  private async make(name: string, kind: CallKind, signals: AbortSignal[]): Promise<void> {
    try {
      this.under.push(await this.turns.acquire(kind, route, signals));
      this.sent.push(name);
    } catch (error) {
      this.held.push((error as PortalError).facts);
    }
  }
}

const refused = (more: Partial<PortalErrorFacts>): PortalErrorFacts => {
  return { kind: 'status', route, status: 429, ...more };
};
const passing = (milliseconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

describe('who waits for a turn', () => {
  it('goes in the order in which they came, at the pace', async () => {
    const callers = new Callers({ calls: 60 });
    for (const name of ['a', 'b', 'c', 'd']) callers.call(name);
    await passing(0);
    expect(callers.sent).toEqual(['a']);
    await passing(1_100);
    expect(callers.sent).toEqual(['a', 'b']);
    await passing(2_000);
    expect(callers.sent).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes when another one is over, where only a place is missing, and keeps no other kind from going', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    for (const name of ['a', 'b', 'c']) callers.call(name, 'write');
    callers.call('read');
    await passing(0);
    expect(callers.sent).toEqual(['a', 'read']);
    callers.over();
    await passing(0);
    expect(callers.sent).toEqual(['a', 'read', 'b']);
  });

  it('is sent away after the longest wait, and told when to come again', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    for (const name of ['a', 'b']) callers.call(name, 'write');
    await passing(longestWaitMs - 1);
    expect(callers.held).toEqual([]);
    await passing(1);
    expect(callers.held).toEqual([{ kind: 'throttled', route, waitMs: 1_000 }]);
  });

  it('is sent away at once where that is known, each to come after the one before', async () => {
    const callers = new Callers({ calls: 60 });
    for (let count = 0; count < 8; count++) callers.call(String(count));
    await passing(0);
    expect([callers.sent.length, callers.held.length]).toEqual([1, 2]);
    const waits = callers.held.map(({ waitMs = 0 }) => waitMs);
    expect(waits[0]).toBeGreaterThan(longestWaitMs);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  });

  it('leaves when its signal says so, and is never sent', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    const stop = new AbortController();
    const away = { kind: 'throttled', route };
    callers.call('a', 'write');
    callers.call('b', 'write', new AbortController().signal, stop.signal);
    stop.abort();
    callers.call('c', 'write', stop.signal);
    callers.over();
    await passing(longestWaitMs);
    expect([callers.sent, callers.held]).toEqual([['a'], [away, away]]);
  });
});

describe('a 429', () => {
  it('slows everybody down: who waits is sent away, and nobody is let through until it is over', async () => {
    const callers = new Callers({ parallelWrites: 1 });
    callers.call('a', 'write');
    callers.call('b', 'write');
    await passing(0);
    expect(callers.over(refused({ retryAfterMs: 60_000 }))).toBe(61_000);
    callers.call('c');
    await passing(0);
    expect(callers.held.map(({ waitMs }) => waitMs)).toEqual([61_000, 61_000]);
    await passing(60_000);
    callers.call('d');
    await passing(999);
    expect(callers.sent).toEqual(['a']);
    await passing(1);
    expect(callers.sent).toEqual(['a', 'd']);
  });

  it('for a short while is waited for', async () => {
    const callers = new Callers({});
    callers.call('a');
    await passing(0);
    callers.over(refused({ retryAfterMs: 2_000 }));
    callers.call('b');
    await passing(2_999);
    expect(callers.sent).toEqual(['a']);
    await passing(1);
    expect(callers.sent).toEqual(['a', 'b']);
  });
});
