import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import {
  onboardingReasonKey,
  onboardingStateKey,
  portalKey,
  searchAttributesFor,
} from '../../../src/contract/search-attributes.js';
import {
  failureTypes,
  retry,
  status,
  untilReadAgain,
  untilSettled,
  type OnboardingInput,
} from '../../../src/contract/onboarding.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { TestTemporal, until } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('person', (made) => ({ portal, temporal } = made), {
  seats: 6,
  settleWindow: 2_000,
});

/** Frees the seat that a test took, because the tests share a portal. */
async function removeAccount({ email }: OnboardingInput): Promise<void> {
  for (const { id } of await portal.withEmail(email)) {
    await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
    await portal.raw('DELETE', `/people/${id}`);
  }
}

describe('an onboarding without problems', () => {
  it('creates a User, reads the profile, and raises the role', async () => {
    const input = person({ role: 'Manager' });
    const { handle, outcome } = await temporal.settled(input);

    const [account] = await portal.withEmail(input.email);
    expect(account).toMatchObject({ type: 'RoomAdmin', notes: expect.stringContaining(handle.workflowId) });
    expect(outcome).toMatchObject({
      email: input.email,
      workflowId: handle.workflowId,
      state: 'onboarded',
      userId: account?.id,
      requestedRole: 'Manager',
      role: 'RoomAdmin',
      created: true,
      portal: portal.url,
      attention: null,
      superseded: [],
      steps: {
        create: { state: 'done', role: 'User' },
        get: { state: 'done', role: 'User' },
        updateRole: { state: 'done', from: 'User', role: 'RoomAdmin', call: 'PUT /people/type/{type}' },
      },
    });
    expect(Object.keys(outcome).sort()).toEqual(
      ['attention', 'created', 'email', 'mail', 'portal', 'requestedRole', 'role', 'roleChanges', 'runId', 'state', 'steps', 'superseded', 'userId', 'workflowId'], // prettier-ignore
    );
    await removeAccount(input);
  });

  it('creates a Guest, and closes at once without a role window', async () => {
    const input = person({ role: 'Guest', roleWindow: 0 });
    const handle = await temporal.start(input);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', role: 'Guest' });
    expect(await portal.withEmail(input.email)).toMatchObject([{ type: 'Guest' }]);
  });

  it('has at most 28 events, role window and update included', async () => {
    const { handle } = await temporal.settled(person());
    const { events } = await handle.fetchHistory();
    // A busy worker may miss a workflow task. The server then adds up to three events.
    const missedTasks = events?.filter((event) => event.workflowTaskTimedOutEventAttributes) ?? [];
    expect((events?.length ?? 0) - 3 * missedTasks.length).toBeLessThanOrEqual(28);
  });

  it('shows summaries, details and search attributes in the Web UI', async () => {
    const { handle } = await temporal.settled(person());
    const { events } = await handle.fetchHistory();
    const summaries = events?.map(({ userMetadata }) => userMetadata?.summary?.data?.toString()).filter(Boolean);
    expect(summaries).toEqual([
      expect.stringContaining('create the account'),
      expect.stringContaining('get the profile'),
      expect.stringContaining('update the role to User'),
      expect.stringContaining('open for role changes'),
    ]);
    const { currentDetails, definition } = await handle.query<{
      currentDetails: string;
      definition: Record<string, { name: string; description: string }[]>;
    }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('**Onboarded**');
    // The Web UI's menus show these descriptions.
    for (const [kind, name] of [
      ['signalDefinitions', 'changeRole'],
      ['signalDefinitions', 'retry'],
      ['queryDefinitions', 'status'],
      ['updateDefinitions', 'untilSettled'],
    ] as const) {
      expect(definition[kind]).toContainEqual({ name, description: expect.stringMatching(/"User"|Needs no/) });
    }
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(onboardingStateKey)).toBe('onboarded');
  });

  it.each([(url: string) => `${url}/`, (url: string) => url.toUpperCase(), () => 'http://another'])(
    'corrects the portal in its search attributes',
    async (written) => {
      const input = person({ lookUpBeforeCreate: false });
      const handle = await temporal.client.workflow.start('onboardUser', {
        workflowId: `by-hand:${input.email}`,
        taskQueue: temporal.taskQueue,
        args: [{ ...input, portal: `${input.portal}/` }],
        typedSearchAttributes: searchAttributesFor({ portal: written(input.portal) }),
      });
      await handle.executeUpdate(untilSettled);
      const { typedSearchAttributes } = await handle.describe();
      expect(typedSearchAttributes.get(portalKey)).toBe(input.portal);
      await handle.terminate();
    },
  );

  it('upserts no search attribute that it was not started with', async () => {
    const input = person({ roleWindow: 0, lookUpBeforeCreate: false });
    const outcome = await temporal.client.workflow.execute('onboardUser', {
      workflowId: `plain:${input.email}`,
      taskQueue: temporal.taskQueue,
      args: [input],
    });
    expect(outcome).toMatchObject({ state: 'onboarded' });
  });
});

describe('an account that exists', () => {
  it('of somebody else fails the onboarding and is not changed', async () => {
    const input = person({ role: 'RoomAdmin' });
    await portal.as().createUser({ firstName: 'Jane', lastName: 'Doe', email: input.email, type: 'User', comment: '' });
    const { handle, outcome } = await temporal.settled(input);

    expect(outcome).toMatchObject({ state: 'failed', created: false, steps: { create: { state: 'failed' } } });
    const failure = await failureOf(handle.result());
    expect(failure.type).toBe(failureTypes.onboardingFailed);
    expect(failure.details?.[0]).toEqual(outcome);
    expect(await portal.withEmail(input.email)).toMatchObject([{ type: 'User' }]);
  });

  it('with the requested role needs no change', async () => {
    const input = person({ role: 'User', roleWindow: 0 });
    await portal.as().createUser({ firstName: 'Jane', lastName: 'Doe', email: input.email, type: 'User', comment: '' });
    const { outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'onboarded', created: false, role: 'User' });
  });

  it('with another last name is reported until somebody corrects it', async () => {
    const ugo = person({ email: 'ugo@sandbox.example', firstName: 'Ugo', lastName: 'Roe' });
    const { handle, outcome } = await temporal.settled(ugo);
    expect(outcome).toMatchObject({ state: 'onboarded', otherName: 'Ugo User' });
    await portal.raw('PUT', `/people/${outcome.userId}`, { lastName: 'Roe' }, portal.keys.user);
    const again = await handle.executeUpdate(untilReadAgain, { args: [{ readAgain: true }] });
    expect(again).toMatchObject({ state: 'onboarded' });
    expect(again).not.toHaveProperty('otherName');
  });

  it('of a person with another first and last name is a conflict, until somebody retries', async () => {
    const input = person({ role: 'User', roleWindow: 0 });
    await portal.as().createUser({ firstName: 'Some', lastName: 'One', email: input.email, type: 'User', comment: '' });
    const { handle, outcome } = await temporal.settled(input);
    const message = 'the account with this e-mail belongs to Some One';
    expect(outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'conflict', message } });
    await handle.signal(retry);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', created: false });
  });

  it('is adopted on request', async () => {
    const input = person({ role: 'RoomAdmin', existing: 'adopt' });
    await portal.as().createUser({ firstName: 'Jane', lastName: 'Doe', email: input.email, type: 'User', comment: '' });
    const { outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'onboarded', created: false, role: 'RoomAdmin' });
    await removeAccount(input);
  });
});

describe('a lost answer', () => {
  it('to a create is looked up before anything is posted again', async () => {
    await portal.faults({ route: 'POST /people', when: 'after', times: 1, does: { kind: 'reset' } });
    const input = person();
    const { outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'onboarded', created: true });
    expect(await portal.withEmail(input.email)).toHaveLength(1);
    const about = (await portal.ledger()).filter((line) => line.about === input.email && line.phase === 'received');
    expect(about.map(({ route }) => route).slice(0, 2)).toEqual(['POST /people', 'GET /people/email']);
  });

  it('to a promotion is believed only after the settle window', async () => {
    await portal.faults({ route: 'PUT /people/type/{type}', when: 'after', times: 1, does: { kind: 'reset' } });
    const input = person({ role: 'RoomAdmin' });
    const { outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    await removeAccount(input);
  });
});

describe('a run after a finished one', () => {
  it('reports an account that was disabled since, and creates one that was deleted', async () => {
    const input = person({ roleWindow: 0 });
    expect(await (await temporal.start(input)).result()).toMatchObject({ state: 'onboarded', created: true });
    const [account] = await portal.withEmail(input.email);
    await portal.raw('PUT', '/people/status/Terminated', { userIds: [account?.id] });
    const { handle, outcome } = await temporal.settled(input);
    const message = 'the account with this e-mail is disabled';
    expect(outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'conflict', message } });
    await handle.terminate();

    await portal.raw('DELETE', `/people/${account?.id}`);
    expect(await (await temporal.start(input)).result()).toMatchObject({ state: 'onboarded', created: true });
    expect(await portal.withEmail(input.email)).toHaveLength(1);
  });
});

describe('a run after an unfinished one', () => {
  it('looks the account up before it creates one', async () => {
    const input = person({ lookUpBeforeCreate: true });
    const worker = await TestTemporal.start(portal.as()); // no test outlives its settle window
    const handle = await worker.start(input);
    await until(handle, ({ steps }) => steps.create.state === 'running');
    await portal.reached('GET /people/email', 'answered');
    const routes = async (): Promise<string[]> =>
      (await portal.ledger())
        .filter((line) => line.about === input.email && line.phase === 'received')
        .map(({ route }) => route);
    expect(new Set(await routes())).toEqual(new Set(['GET /people/email']));
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
    expect(await portal.withEmail(input.email)).toHaveLength(0);
    await worker.stop();
  });

  it.each([0, 1])(
    'keeps the role of an account that somebody has made a DocSpaceAdmin, after %i failures of the role',
    async (times) => {
      const input = person({ roleWindow: 0 });
      await (await temporal.start(input)).result();
      const [account] = await portal.withEmail(input.email);
      await portal.raw('PUT', '/people/type/DocSpaceAdmin', { userIds: [account?.id] });
      const route = 'GET /people/{id}';
      await portal.faults({ route, times: 1, does: { kind: 'hold' } });
      const handle = await temporal.start({ ...input, lookUpBeforeCreate: true });
      await portal.reached(route, 'received');
      if (times > 0) await portal.faults({ route, times, does: { kind: 'answer', status: 401 } });
      await portal.release();
      for (let failures = 0; failures < times; failures++) {
        expect(await handle.executeUpdate(untilSettled)).toMatchObject({ attention: { reason: 'api-key' } });
        await handle.signal(retry);
      }
      expect(await handle.result()).toMatchObject({ state: 'kept-higher', role: 'DocSpaceAdmin' });
      expect(await portal.withEmail(input.email)).toMatchObject([{ type: 'DocSpaceAdmin' }]);
      await removeAccount(input);
    },
  );
});

describe('an onboarding that needs attention', () => {
  it('shows the reason, and resumes with the step that failed', async () => {
    const taken = person({ role: 'RoomAdmin' });
    const input = person({ role: 'RoomAdmin' });
    // The portal has six seats, and its first three users take one each.
    const fillers = [person({ role: 'RoomAdmin' }), person({ role: 'RoomAdmin' }), taken];
    for (const filler of fillers) await temporal.settled(filler);

    const { handle, outcome } = await temporal.settled(input);
    expect(outcome).toMatchObject({ state: 'needs-attention', role: 'User', attention: { reason: 'quota' } });
    const waiting = (await handle.describe()).typedSearchAttributes;
    expect([waiting.get(onboardingStateKey), waiting.get(onboardingReasonKey)]).toEqual(['needs-attention', 'quota']);
    const { events } = await handle.fetchHistory();
    const timer = events?.findLast((event) => event.timerStartedEventAttributes);
    const summary = timer?.userMetadata?.summary?.data?.toString();
    expect(summary).toContain(`needs attention (quota): ${outcome.attention?.message}; waits for retry`);

    await removeAccount(taken);
    await handle.signal(retry);
    expect(await handle.executeUpdate(untilSettled)).toMatchObject({
      state: 'onboarded',
      role: 'RoomAdmin',
      attention: null,
    });
    const about = (await portal.ledger()).filter(
      ({ about: email, route }) => email === input.email && route === 'POST /people',
    );
    expect(about.filter(({ phase }) => phase === 'received')).toHaveLength(1);
    for (const each of [...fillers, input]) await removeAccount(each);
  });

  it('has the reason wrong-portal if the worker serves another portal', async () => {
    const before = (await portal.ledger()).length;
    const { outcome } = await temporal.settled(person({ portal: 'https://other.example.com' }));
    expect(outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'wrong-portal' } });
    expect(await portal.ledger()).toHaveLength(before);
  });

  it('has the reason api-key for everybody until one is resumed', async () => {
    const refused = { status: 401, headers: {}, body: '' };
    await portal.faults({ route: 'POST /people', when: 'before', times: 1, does: { kind: 'answer', ...refused } });
    const first = await temporal.settled(person());
    expect(first.outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'api-key' } });

    const calls = (await portal.ledger()).length;
    const second = await temporal.settled(person());
    expect(second.outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'api-key' } });
    expect(await portal.ledger()).toHaveLength(calls);

    for (const { handle } of [first, second]) {
      await handle.signal(retry);
      expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded', created: true });
    }
  });
});

describe('a portal that fails for long', () => {
  const unpaid = { kind: 'answer', status: 402 } as const;

  it('is checked again at increasing intervals if it refuses everybody', async () => {
    const input = person({ roleWindow: 0 });
    await portal.faults({ route: 'POST /people', times: 1, does: unpaid });
    const handle = await temporal.startSkippingTime(input);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', attention: null });
    const { events } = await handle.fetchHistory();
    const waits = events?.map(({ timerStartedEventAttributes: timer }) =>
      Number(timer?.startToFireTimeout?.seconds ?? 0),
    );
    expect(waits?.filter(Boolean).slice(0, 3)).toEqual([60, 120, 240]);
  });

  it('makes the onboarding need attention after giveUpAfter', async () => {
    await portal.faults({ route: 'GET /people/{id}', does: { kind: 'answer', status: 500 } });
    const { handle, outcome } = await temporal.settled(person({ giveUpAfter: '3s' }));
    expect(outcome).toMatchObject({ state: 'needs-attention', attention: { reason: 'portal-unavailable' } });
    await portal.faults();
    await handle.signal(retry);
    expect(await handle.executeUpdate(untilSettled)).toMatchObject({ state: 'onboarded' });
  });
});

describe('a cancellation', () => {
  it('during the create lets the create finish, and reports the account', async () => {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const input = person({ role: 'RoomAdmin' });
    const handle = await temporal.start(input);
    const waiting = handle.executeUpdate(untilSettled);
    await portal.reached('POST /people', 'received');
    await handle.cancel();
    await until(handle, ({ steps }) => steps.create.state === 'running');
    await portal.release();
    expect(await waiting).toMatchObject({ state: 'cancelled', created: true, role: 'User' });
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
    expect(await portal.withEmail(input.email)).toMatchObject([{ type: 'User' }]);
  });

  it('stops further writes, and keeps what the portal has', async () => {
    await portal.faults({ route: 'GET /people/{id}', when: 'before', times: 1, does: { kind: 'hold' } });
    const input = person({ role: 'RoomAdmin' });
    const handle = await temporal.start(input);
    await until(handle, ({ steps }) => steps.get.state === 'running');
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) as CancelledFailure });
    await portal.release();
    expect(await handle.query(status)).toMatchObject({ state: 'cancelled', role: 'User', created: true });
    expect(await portal.withEmail(input.email)).toMatchObject([{ type: 'User' }]);
  });
});

async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  const { cause } = error as WorkflowFailedError;
  expect(cause).toBeInstanceOf(ApplicationFailure);
  return cause as ApplicationFailure;
}
