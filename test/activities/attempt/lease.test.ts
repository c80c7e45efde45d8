import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lease, SuspensionAwareClock } from '../../../src/activities/attempt/lease.js';

/** A process that is stopped runs no timer, and finds its clocks ahead. */

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const minute = 60_000;

/** Only the wall's clock runs while a machine is suspended. */
function suspend(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

it('an attempt may write as long as a call still fits into its time', () => {
  const lease = new Lease(new SuspensionAwareClock(), minute);
  vi.advanceTimersByTime(minute - 1);
  expect(() => lease.check()).not.toThrow();
  vi.advanceTimersByTime(1);
  expect(() => lease.check()).toThrow('too little time');
});

it('an attempt that slept writes no more, whichever clock tells, and whoever looks first', () => {
  const clock = new SuspensionAwareClock();
  const looksFirst = new Lease(clock, minute);
  suspend(2_000);
  expect(() => looksFirst.check()).toThrow('slept');

  vi.advanceTimersByTime(minute);
  const timerLooksFirst = new Lease(clock, minute);
  suspend(2_000);
  vi.advanceTimersByTime(5_000);
  expect(() => timerLooksFirst.check()).toThrow('slept');
});

it('what was handed over while the process slept is not begun when it wakes', () => {
  const clock = new SuspensionAwareClock();
  suspend(2_000);
  expect(() => new Lease(clock, minute).check()).toThrow('slept');
  vi.advanceTimersByTime(2_000);
  expect(() => new Lease(clock, minute).check()).not.toThrow();
});

it('a wall’s clock that is set back stops nobody', () => {
  const lease = new Lease(new SuspensionAwareClock(), minute);
  suspend(-minute);
  vi.advanceTimersByTime(1_000);
  expect(() => lease.check()).not.toThrow();
});
