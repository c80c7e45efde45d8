import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Lease, SuspensionAwareClock } from '../../../src/activities/attempt/lease.js';

/** A process that is suspended runs no timer, and finds its clocks ahead when it resumes. */

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance', 'Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const minuteMs = 60_000;

/** Only the wall clock runs while a machine sleeps. */
function suspend(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

const acknowledged = (): Promise<void> => Promise.resolve();
const lost = (): Promise<void> => Promise.reject(new Error('unavailable'));

function newLease({ clock = new SuspensionAwareClock(), heartbeat = acknowledged } = {}): Lease {
  return new Lease(clock, minuteMs, heartbeat);
}

it('allows a write while a call still fits into the time of the attempt', async () => {
  const lease = newLease();
  vi.advanceTimersByTime(minuteMs - 1);
  await lease.renew();
  expect(() => lease.check()).not.toThrow();
  vi.advanceTimersByTime(1);
  expect(() => lease.check()).toThrow('too little time');
});

it('refuses a write after a suspension, whichever clock shows it', () => {
  const clock = new SuspensionAwareClock();
  const checkedFirst = newLease({ clock });
  suspend(2_000);
  expect(() => checkedFirst.check()).toThrow('was suspended');

  vi.advanceTimersByTime(minuteMs);
  const timerFirst = newLease({ clock });
  suspend(2_000);
  vi.advanceTimersByTime(5_000);
  expect(() => timerFirst.check()).toThrow('was suspended');
});

it('refuses a task that arrived during a suspension', () => {
  const clock = new SuspensionAwareClock();
  suspend(2_000);
  expect(() => newLease({ clock }).check()).toThrow('was suspended');
  vi.advanceTimersByTime(2_000);
  expect(() => newLease({ clock }).check()).not.toThrow();
});

it('allows a write after the wall clock was set back', () => {
  const lease = newLease();
  suspend(-minuteMs);
  vi.advanceTimersByTime(1_000);
  expect(() => lease.check()).not.toThrow();
});

it('refuses a write without a recently acknowledged heartbeat', async () => {
  const lease = newLease();
  vi.advanceTimersByTime(1_500);
  expect(() => lease.check()).toThrow('not acknowledged');
  await lease.renew();
  expect(() => lease.check()).not.toThrow();
});

it('refuses a write if the heartbeat before it is lost', async () => {
  const lease = newLease({ heartbeat: lost });
  await expect(lease.renew()).resolves.toBeUndefined();
  vi.advanceTimersByTime(500);
  await expect(lease.renew()).rejects.toThrow('lost contact');
});
