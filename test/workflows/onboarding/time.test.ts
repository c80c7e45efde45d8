import { describe, expect, it } from 'vitest';
import type { OnboardingHandle } from '../../../src/client/outcomes.js';
import { changeRole, untilSettled } from '../../../src/contract/onboarding.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { TestTemporal, until } from '../../support/temporal.js';

/** The server skips the time in which nothing happens, so days pass in milliseconds. */

const minute = 60_000;
const day = 24 * 60 * minute;

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('timed', (made) => ({ portal, temporal } = made));

/** Milliseconds between the first and the last event of a run, by the server's clock. */
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
  it('closes after seven days', async () => {
    const handle = await temporal.startSkippingTime(person());
    expect(await handle.result()).toMatchObject({ state: 'onboarded', role: 'User' });
    const passed = await elapsed(handle);
    expect(passed).toBeGreaterThanOrEqual(7 * day);
    expect(passed).toBeLessThan(7 * day + minute);
  });

  it('is as long as requested', async () => {
    const handle = await temporal.startSkippingTime(person({ roleWindow: '36h' }));
    await handle.result();
    expect(await elapsed(handle)).toBeLessThan(1.5 * day + minute);
  });

  it('opens again with each change', async () => {
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

describe('a step that keeps failing', () => {
  const failing = { route: 'GET /people/{id}', does: { kind: 'answer', status: 500 } } as const;

  it('needs attention after giveUpAfter, and continues when the portal works again', async () => {
    await portal.faults(failing);
    const handle = await temporal.startSkippingTime(person({ giveUpAfter: '10m', roleWindow: 0 }));
    while (!(await stepEnded(handle, 'TimedOut')) && !(await stepEnded(handle, 'Failed')));
    await portal.faults();
    expect(await handle.result()).toMatchObject({ state: 'onboarded', attention: null });
    expect(await elapsed(handle)).toBeGreaterThan(10 * minute);
  });

  it('is retried after increasing delays of up to 30 s', async () => {
    await portal.faults({ ...failing, times: 15 });
    const began = performance.now();
    const handle = await temporal.startSkippingTime(person({ roleWindow: 0 }));
    expect(await handle.result()).toMatchObject({ state: 'onboarded' });
    const testMs = performance.now() - began;
    // 250 ms, doubled seven times, and eight times 30 s. The rest is the time that the calls took.
    const pausesMs = (32 + 8 * 30) * 1_000;
    const restMs = (await elapsed(handle)) - pausesMs;
    expect(restMs).toBeGreaterThan(-1_000);
    expect(restMs).toBeLessThan(testMs + 1_000);
  });
});

it('an onboarding that needs attention waits for weeks', async () => {
  const body = JSON.stringify({ error: { message: 'no seat' }, status: 1, statusCode: 402 });
  await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does: { kind: 'answer', status: 402, body } });
  const { handle } = await temporal.settled(person({ role: 'RoomAdmin' }));
  await temporal.pass(handle, 21 * day);
  await until(handle, ({ state, attention }) => state === 'needs-attention' && attention?.reason === 'quota');
  await handle.signal('retry');
  expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
});
