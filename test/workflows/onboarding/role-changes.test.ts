import { describe, expect, it } from 'vitest';
import type { OnboardingHandle } from '../../../src/client/outcomes.js';
import { onboardingStateKey } from '../../../src/contract/search-attributes.js';
import {
  changeRole,
  retry,
  status,
  takeOver,
  untilSettled,
  type OnboardingInput,
} from '../../../src/contract/onboarding.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { settledAt, TestTemporal, until } from '../../support/temporal.js';

/** `changeRole` works at every moment of an onboarding and after it. The tests compare what the portal has in the end. */

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('change', (made) => ({ portal, temporal } = made), { settleWindow: 1_000 });

/** The writes that the portal has committed for a person, in order, without the documented call, which changes nothing. */
async function writes({ email }: OnboardingInput): Promise<string[]> {
  const [account] = await portal.withEmail(email);
  const about = new Set([email, account?.id]);
  const lines = await portal.ledger();
  return lines
    .filter(
      (line) => about.has(line.about) && line.phase === 'committed' && !/^(GET|PUT \/people\/\{id\})/.test(line.route),
    )
    .map(({ route }) => route);
}

async function typeOf({ email }: OnboardingInput): Promise<string | undefined> {
  const accounts = await portal.withEmail(email);
  expect(accounts).toHaveLength(1);
  return accounts[0]?.type;
}

const promotion = 'PUT /people/type/{type}';

/** Thousands of signals take a minute on a busy machine. */
const floodTimeoutMs = 240_000;

describe('a role change', () => {
  it('before the steps replaces the requested role', async () => {
    const input = person();
    const taskQueue = crypto.randomUUID();
    const handle = await temporal.start(input, taskQueue);
    await handle.signal(changeRole, 'DocSpaceAdmin');
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'DocSpaceAdmin', superseded: ['User'] });
    expect(await typeOf(input)).toBe('DocSpaceAdmin');
    expect(await writes(input)).toEqual(['POST /people', promotion]);
    await worker.stop();
  });

  it.each(['POST /people', 'GET /people/{id}'])('during %s replaces the requested role', async (route) => {
    await portal.faults({ route, times: 1, does: { kind: 'hold' } });
    const input = person();
    const handle = await temporal.start(input);
    await portal.reached(route, 'received');
    await handle.signal(changeRole, 'DocSpaceAdmin');
    await handle.signal(changeRole, { role: 'RoomAdmin', reason: 'a slip' });
    await portal.release();
    const outcome = await settledAt(handle);
    expect(outcome).toMatchObject({ role: 'RoomAdmin', superseded: ['User', 'DocSpaceAdmin'] });
    expect(await typeOf(input)).toBe('RoomAdmin');
    expect(await writes(input)).toEqual(['POST /people', promotion]);
  });

  it('during updateRole is applied next', async () => {
    await portal.faults({ route: promotion, times: 1, does: { kind: 'hold' } });
    const input = person({ role: 'RoomAdmin' });
    const handle = await temporal.start(input);
    await portal.reached(promotion, 'received');
    await handle.signal(changeRole, 'DocSpaceAdmin');
    await portal.release();
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'DocSpaceAdmin', superseded: [] });
    expect(await writes(input)).toEqual(['POST /people', promotion, promotion]);
    expect(await typeOf(input)).toBe('DocSpaceAdmin');
  });

  it('after the request of an import is applied, even if the import sends a reminder', async () => {
    await portal.faults({ route: promotion, times: 1, does: { kind: 'hold' } });
    const input = person({ role: 'RoomAdmin' });
    const handle = await temporal.start(input);
    await portal.reached(promotion, 'received');
    const { firstName = '', lastName = '' } = input;
    const request = {
      chunk: 'batch:none:0',
      portal: portal.url,
      firstName,
      lastName,
      role: 'RoomAdmin',
      allowDemotion: false,
    };
    await handle.signal(takeOver, request);
    await handle.signal(changeRole, 'User');
    await handle.signal(takeOver, { ...request, isReminder: true });
    await portal.release();
    const { state, role, roleChanges } = await settledAt(handle);
    expect({ state, role }).toEqual({ state: 'onboarded', role: 'User' });
    expect(roleChanges).toMatchObject([{ role: 'User', from: 'RoomAdmin', state: 'applied' }]);
  });

  it('repeated during updateRole is applied once', async () => {
    await portal.faults({ route: promotion, times: 1, does: { kind: 'hold' } });
    const input = person();
    const { handle } = await temporal.settled(input);
    await handle.signal(changeRole, 'RoomAdmin');
    await portal.reached(promotion, 'received');
    for (const word of ['RoomAdmin', 'room admin', 'Manager']) await handle.signal(changeRole, word);
    const before = (await portal.ledger()).length;
    await portal.release();
    const { roleChanges } = await settledAt(handle);
    expect(roleChanges.map(({ role, state }) => `${role} ${state}`)).toEqual([
      'RoomAdmin applied',
      'RoomAdmin applied',
      'room admin applied',
      'Manager applied',
    ]);
    // The held promotion continues and is read back. The portal gets no other call.
    expect((await portal.ledger()).slice(before).filter(({ phase }) => phase === 'received')).toHaveLength(1);
    expect(await writes(input)).toEqual(['POST /people', promotion]);
  });

  it('resumes an onboarding whose updateRole needs attention', async () => {
    const refusal = { kind: 'answer', status: 402, body: '{"status":1,"statusCode":402}' } as const;
    await portal.faults({ route: promotion, times: 1, does: refusal });
    const input = person({ role: 'RoomAdmin' });
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'quota' } });
    await handle.signal(changeRole, 'User');
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'User', superseded: ['RoomAdmin'] });
    expect(await typeOf(input)).toBe('User');
  });

  it('waits with an onboarding whose create needs attention', async () => {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'answer', status: 402, body: '{"status":1,"statusCode":402}' } }); // prettier-ignore
    const input = person();
    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'needs-attention' });
    await handle.signal(changeRole, 'RoomAdmin');
    expect(await handle.query(status)).toMatchObject({ state: 'needs-attention', requestedRole: 'RoomAdmin' });
    await handle.signal(retry);
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    expect(await typeOf(input)).toBe('RoomAdmin');
  });

  it('in the role window raises and lowers the role', async () => {
    const input = person();
    const { handle } = await temporal.settled(input);
    for (const role of ['RoomAdmin', 'Guest'] as const) {
      await handle.signal(changeRole, role);
      expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', requestedRole: role, role, superseded: [] });
      expect(await typeOf(input)).toBe(role);
    }
  });

  it('after the onboarding has closed changes the account, and creates nobody', async () => {
    const input = person({ roleWindow: 0 });
    await (await temporal.start(input)).result();
    const handle = await temporal.changeRole(input, 'RoomAdmin');
    expect(await handle.result()).toMatchObject({
      state: 'onboarded',
      role: 'RoomAdmin',
      created: false,
      steps: { create: { state: 'skipped' } },
    });
    expect(await writes(input)).toEqual(['POST /people', promotion]);
    expect(await typeOf(input)).toBe('RoomAdmin');
  });

  it('for a person without an account fails, and creates nobody', async () => {
    const input = person();
    const handle = await temporal.changeRole(input, 'RoomAdmin');
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('no account'), details: [{ state: 'failed' }] },
    });
    expect(await portal.withEmail(input.email)).toHaveLength(0);
  });

  it('supersedes an earlier one that fails', async () => {
    const { handle } = await temporal.settled(person());
    const body = '{"error":{"message":"no seat"},"status":1,"statusCode":402}';
    await portal.faults(
      { route: promotion, times: 1, does: { kind: 'hold' } },
      { route: promotion, when: 'after', times: 1, does: { kind: 'answer', status: 402, body } },
    );
    await handle.signal(changeRole, 'RoomAdmin');
    await portal.reached(promotion, 'received');
    await handle.signal(changeRole, 'User');
    await portal.release();
    expect(await settledAt(handle)).toMatchObject({
      state: 'onboarded',
      role: 'User',
      requestedRole: 'User',
      superseded: ['RoomAdmin'],
      roleChanges: [
        { role: 'RoomAdmin', state: 'superseded' },
        { role: 'User', state: 'applied' },
      ],
    });
  });
});

describe('a long history', () => {
  const roles = ['RoomAdmin', 'Guest', 'DocSpaceAdmin', 'User'] as const;

  async function flood(handle: OnboardingHandle, changes: number): Promise<void> {
    let sent = 0;
    const send = async (): Promise<void> => {
      while (sent < changes) await handle.signal(changeRole, roles[sent++ % roles.length] ?? 'User');
    };
    await Promise.all(Array.from({ length: 50 }, send));
  }

  it('of 2,000 quick changes ends with the last one', { timeout: floodTimeoutMs }, async () => {
    const input = person();
    const { handle } = await temporal.settled(input);
    await flood(handle, 2_000);
    await handle.signal(changeRole, 'RoomAdmin');
    const outcome = await settledAt(handle);
    expect(outcome).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', requestedRole: 'RoomAdmin' });
    expect(outcome.superseded.length).toBeGreaterThan(0);
    expect(await typeOf(input)).toBe('RoomAdmin');
    // The worker is alive and serves others.
    expect((await temporal.settled(person())).outcome).toMatchObject({ state: 'onboarded' });
  });

  it('continues as new without losing a signal or the state', { timeout: floodTimeoutMs }, async () => {
    const input = person();
    const { handle, outcome: before } = await temporal.settled(input);
    const { runId } = await handle.describe();
    await temporal.stopWorker();
    await flood(handle, 4_200);
    await handle.signal(changeRole, { role: 'Manager', reason: 'the last one' });
    const worker = await TestTemporal.start(portal.as(), undefined, temporal.taskQueue);

    const outcome = await settledAt(handle);
    expect(outcome.runId).not.toBe(runId);
    const { userId, created, steps, portal: origin } = before;
    expect(outcome).toMatchObject({ userId, created, portal: origin, state: 'onboarded', role: 'RoomAdmin' });
    expect(outcome.steps.create).toEqual(steps.create);
    expect(outcome.roleChanges.at(-1)).toMatchObject({ reason: 'the last one', state: 'applied' });
    expect(await writes(input)).toEqual(['POST /people', promotion]);

    const { typedSearchAttributes, historyLength } = await handle.describe();
    expect(typedSearchAttributes.get(onboardingStateKey)).toBe('onboarded');
    expect(historyLength).toBeLessThan(50);
    // The new run has no static summary or details, so its current details must say everything.
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    for (const fact of [input.email, input.portal, '**RoomAdmin (Manager)**', '“the last one”', '`changeRole`']) {
      expect(currentDetails).toContain(fact);
    }
    await handle.signal(changeRole, 'User');
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'User' });
    await worker.stop();
  });
});

it(
  'untilSettled fails with the type Continued when the run continues as new',
  { timeout: floodTimeoutMs },
  async () => {
    const worker = await TestTemporal.start(portal.as(), 1_000);
    const input = person();
    const { handle } = await worker.settled(input);
    // The signals take so long on a busy machine that a second attempt may begin. It is held, too.
    await portal.faults({ route: promotion, does: { kind: 'hold' } });
    await handle.signal(changeRole, 'RoomAdmin');
    await portal.reached(promotion, 'received');
    const waiting = handle.executeUpdate(untilSettled);
    await until(handle, ({ state }) => state === 'running');
    for (let sent = 0; sent < 4_200; sent += 100) {
      await Promise.all(Array.from({ length: 100 }, () => handle.signal(retry)));
    }
    await portal.faults();
    await portal.release();
    await expect(waiting).rejects.toMatchObject({ cause: { type: 'Continued' } });
    expect(await settledAt(handle)).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    await worker.stop();
  },
);
