import { expect, it } from 'vitest';
import { CircuitBreaker } from '../../../src/activities/attempt/circuit-breaker.js';

const attention = { reason: 'api-key', message: 'no', hint: 'fix it', portalWide: true } as const;

it('fails every step without a call, except a probe at increasing intervals', () => {
  const breaker = new CircuitBreaker();
  const asks = (now: number): boolean => {
    try {
      breaker.check(false, now);
      return true;
    } catch {
      return false;
    }
  };
  expect(asks(0)).toBe(true);
  breaker.open(attention, 0);
  const probes: number[] = [];
  for (let now = 0; now < 300_000; now += 1_000) {
    if (!asks(now)) continue;
    probes.push(now / 1_000);
    breaker.open(attention, now);
  }
  expect(probes).toEqual([5, 15, 35, 75, 135, 195, 255]);
  breaker.close();
  expect(asks(300_000)).toBe(true);
});

it('lets a step through that an operator resumed', () => {
  const breaker = new CircuitBreaker();
  breaker.open(attention, 0);
  expect(() => breaker.check(false, 1)).toThrow('no');
  expect(() => breaker.check(true, 1)).not.toThrow();
});
