import { describe, expect, it } from 'vitest';
import type { OnboardingHandle } from '../../../src/client/outcomes.js';
import { changeRole, untilSettled } from '../../../src/contract/onboarding.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { TestTemporal, until } from '../../support/temporal.js';

/** Days in milliseconds: the server skips the time in which nothing happens. */

const minute = 60_000;
const day = 24 * 60 * minute;

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('timed', (made) => ({ portal, temporal } = made));

/** What the server itself counted, between two events of a run. */
async function elapsed(handle: OnboardingHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  const at = (index: number): number => Number(events?.at(index)?.eventTime?.seconds ?? 0) * 1_000;
  return at(-1) - at(0);
}

async function stepEnded(handle: OnboardingHandle, how: 'TimedOut' | 'Failed'): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  return events?.some((event) => event[`activityTask${how}EventAttributes`]) ?? false;
}

describe('the role window', () => {
  it('closes by itself after seven days', async () => {
    const handle = await temporal.startSkippingTime(person());
    expect(await handle.result()).toMatchObject({ state: 'onboarded', role: 'User' });
    const passed = await elapsed(handle);
    expect(passed).toBeGreaterThanOrEqual(7 * day);
    expect(passed).toBeLessThan(7 * day + minute);
  });

  it('is as long as it was asked for', async () => {
    const handle = await temporal.startSkippingTime(person({ roleWindow: '36h' }));
    await handle.result();
    expect(await elapsed(handle)).toBeLessThan(1.5 * day + minute);
  });

  it('begins anew with each change', async () => {
    const { handle } = await temporal.settled(person());
    await temporal.pass(handle, 6 * day);
    await handle.signal(changeRole, 'RoomAdmin');
    expect(await handle.executeUpdate(untilSettled)).toMatchObject({ role: 'RoomAdmin' });
    await temporal.pass(handle, 6 * day);
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await temporal.pass(handle, 1 * day + minute);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
  });
});

describe('a step that fails again and again', () => {
  const failing = { route: 'GET /people/{id}', does: { kind: 'answer', status: 500 } } as const;

  it('is given up after as long as was asked for, and goes on by itself when the portal is well again', async () => {
    await portal.faults(failing);
    const handle = await temporal.startSkippingTime(person({ giveUpAfter: '10m', roleWindow: 0 }));
    while (!(await stepEnded(handle, 'TimedOut')) && !(await stepEnded(handle, 'Failed')));
    await portal.faults();
    expect(await handle.result()).toMatchObject({ state: 'onboarded', attention: null });
    expect(await elapsed(handle)).toBeGreaterThan(10 * minute);
  });

  it('is retried after growing pauses, up to half a minute', async () => {
    await portal.faults({ ...failing, times: 15 });
    const handle = await temporal.startSkippingTime(person({ roleWindow: 0 }));
    expect(await handle.result()).toMatchObject({ state: 'onboarded' });
    // 250 ms, doubled seven times, and eight times 30 s.
    const pauses = 32 + 8 * 30;
    expect(Math.abs((await elapsed(handle)) / 1_000 - pauses)).toBeLessThan(20);
  });
});

it('an onboarding that waits for a person waits for weeks', async () => {
  const body = JSON.stringify({ error: { message: 'no seat' }, status: 1, statusCode: 402 });
  await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does: { kind: 'answer', status: 402, body } });
  const { handle } = await temporal.settled(person({ role: 'RoomAdmin' }));
  await temporal.pass(handle, 21 * day);
  await until(handle, ({ state, attention }) => state === 'needs-attention' && attention?.reason === 'quota');
  await handle.signal('retry');
  expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
});
