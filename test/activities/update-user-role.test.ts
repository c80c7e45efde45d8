import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActivities, type Activities } from '../../src/activities/index.js';
import { isAbove, roles, type Role } from '../../src/domain/roles.js';
import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import type { AttentionDetails } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.faults());
afterAll(() => portal.close());

const startToCloseTimeoutMs = 600_000;
let count = 0;

async function account(role: Role): Promise<{ id: string; email: string }> {
  const email = `role${count++}@example.com`;
  const { id } = await portal
    .as()
    .createUserWithoutMail({ firstName: 'A', lastName: 'B', email, type: role, comment: '' });
  return { id, email };
}

/** One attempt of the step, by the key of somebody. */
function update(
  holder: KeyHolder,
  request: Omit<Parameters<Activities['updateUserRole']>[0], 'portal' | 'allowDemotion'>,
  allowDemotion = true,
): Promise<unknown> {
  const { updateUserRole } = createActivities({ portal: portal.as(holder), settleWindow: 0 });
  return new MockActivityEnvironment({ startToCloseTimeoutMs }).run(updateUserRole, {
    ...request,
    allowDemotion,
    portal: portal.url,
  });
}

async function attentionOf(attempt: Promise<unknown>): Promise<AttentionDetails> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  return (error as ApplicationFailure).details?.[0] as AttentionDetails;
}

const pairs = roles.flatMap((from) => roles.map((to) => [from, to] as const));

describe('any role to any role', () => {
  it.each(pairs)('%s to %s, by the owner’s key: the portal shows it', async (from, to) => {
    const { id, email } = await account(from);
    expect(await update('owner', { id, email, requestedRole: to })).toMatchObject({ from, role: to });
    expect(await portal.withEmail(email)).toMatchObject([{ type: to }]);
  });

  it.each(pairs)(
    '%s to %s, by an administrator’s key: the portal shows it, or it waits with the role as it was',
    async (from, to) => {
      const { id, email } = await account(from);
      const outcome = await update('docSpaceAdmin', { id, email, requestedRole: to }).catch((error: unknown) => error);
      const type = (await portal.withEmail(email))[0]?.type;
      if (outcome instanceof ApplicationFailure) {
        expect(outcome.details?.[0]).toMatchObject({
          reason: expect.stringMatching(/^(permission|role-not-applied)$/),
        });
        expect(type).toBe(from);
      } else expect(type).toBe(to);
      expect(outcome instanceof ApplicationFailure).toBe(from !== to && [from, to].includes('DocSpaceAdmin'));
    },
  );

  it.each(pairs.filter(([from, to]) => isAbove(from, to)))(
    '%s to %s, where nobody asked for less: it waits',
    async (from, to) => {
      const { id, email } = await account(from);
      const attention = await attentionOf(update('owner', { id, email, requestedRole: to }, false));
      expect(attention).toMatchObject({
        reason: 'role-not-applied',
        hint: expect.stringContaining('--allow-demotion'),
      });
      expect(await portal.withEmail(email)).toMatchObject([{ type: from }]);
    },
  );
});

it('the owner is never touched', async () => {
  const owner = await portal.as().self();
  const calls = (await portal.ledger()).length;
  expect(await attentionOf(update('docSpaceAdmin', { ...owner, requestedRole: 'User' }))).toMatchObject({
    reason: 'permission',
  });
  expect((await portal.ledger()).slice(calls).every(({ route }) => route.startsWith('GET'))).toBe(true);
});

it('a disabled account is never revived', async () => {
  const { id, email } = await account('User');
  await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
  expect(await attentionOf(update('owner', { id, email, requestedRole: 'RoomAdmin' }))).toMatchObject({
    reason: 'conflict',
  });
  expect(await portal.withEmail(email)).toMatchObject([{ status: 2, type: 'User' }]);
});

it('an account that somebody deleted needs a person, once it was not shown for some attempts', async () => {
  const { id, email } = await account('User');
  await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
  await portal.raw('DELETE', `/people/${id}`);
  const { updateUserRole } = createActivities({ portal: portal.as(), settleWindow: 0 });
  const request = { id, email, portal: portal.url, requestedRole: 'RoomAdmin', allowDemotion: true };
  const failures = [1, 4].map((attempt) => {
    const environment = new MockActivityEnvironment({ startToCloseTimeoutMs, attempt });
    return environment.run(updateUserRole, request).catch((error: unknown) => error);
  });
  expect(await Promise.all(failures)).toMatchObject([
    { type: 'PortalUnavailable' },
    { type: 'NeedsAttention', details: expect.arrayContaining([expect.objectContaining({ reason: 'conflict' })]) },
  ]);
});

describe('the documented call', () => {
  it('is made once per worker, where the portal ignores it', async () => {
    const { updateUserRole } = createActivities({ portal: portal.as(), settleWindow: 0 });
    const before = (await portal.ledger()).length;
    for (const each of [await account('User'), await account('User')]) {
      const request = {
        ...each,
        portal: portal.url,
        requestedRole: 'Manager',
        lastProfileRole: 'User',
        allowDemotion: true,
      } as const;
      await new MockActivityEnvironment({ startToCloseTimeoutMs }).run(updateUserRole, request);
    }
    const calls = (await portal.ledger())
      .slice(before)
      .filter(({ phase, route }) => phase === 'received' && !route.startsWith('POST'));
    expect(calls.map(({ route }) => route)).toEqual([
      'PUT /people/{id}',
      'PUT /people/type/{type}',
      'GET /people/{id}',
      'PUT /people/type/{type}',
      'GET /people/{id}',
    ]);
  });

  it('is believed from a portal that honours it, once the profile shows it', async () => {
    const documented = await TestPortal.start({ documentedRole: true });
    const activities = createActivities({ portal: documented.as(), settleWindow: 0 });
    const { id, email } = await documented
      .as()
      .createUser({ firstName: 'A', lastName: 'B', email: 'a@example.com', type: 'User', comment: '' });
    const request = { id, email, portal: documented.url, requestedRole: 'Manager', allowDemotion: true };
    expect(
      await new MockActivityEnvironment({ startToCloseTimeoutMs }).run(activities.updateUserRole, request),
    ).toEqual({
      from: 'User',
      role: 'RoomAdmin',
      call: 'PUT /people/{id}',
    });
    await documented.close();
  });
});
