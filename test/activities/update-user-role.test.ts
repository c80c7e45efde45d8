import type { Info } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActivities, type Activities } from '../../src/activities/index.js';
import { isAbove, roles, type Role } from '../../src/domain/roles.js';
import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import type { UpdatedUserRole } from '../../src/contract/steps.js';
import type { RoleWriteLog } from '../../src/domain/role-rule.js';
import { attemptEnvironment, scheduledAt } from '../support/attempt.js';
import { TestPortal } from '../support/portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.faults());
afterAll(() => portal.close());

let count = 0;

async function account(role: Role): Promise<{ id: string; email: string }> {
  const email = `role${count++}@example.com`;
  const { id } = await portal
    .as()
    .createUserWithoutMail({ firstName: 'A', lastName: 'B', email, type: role, comment: '' });
  return { id, email };
}

type Request = Parameters<Activities['updateUserRole']>[0];

const settleWindow = 60_000;

const activities = (holder: KeyHolder = 'owner'): Activities =>
  createActivities({ portal: portal.as(holder), settleWindow });

interface RunOptions {
  holder?: KeyHolder;
  number?: number;
  note?: RoleWriteLog | undefined;
  currentAttemptScheduledTimestampMs?: number;
}

interface Ended {
  result?: UpdatedUserRole;
  failure?: ApplicationFailure;
  note: RoleWriteLog;
}

/** Runs one attempt of the step, and also returns the note that it leaves to the next. */
async function run(asked: Partial<Request>, { holder, number = 1, note, ...info }: RunOptions = {}): Promise<Ended> {
  const environment = attemptEnvironment({ attempt: number, heartbeatDetails: note, ...info });
  let left = note;
  environment.on('heartbeat', (details: RoleWriteLog) => (left = details));
  const request = { allowDemotion: true, portal: portal.url, ...asked } as Request;
  const ended: { result?: UpdatedUserRole; failure?: ApplicationFailure } = {};
  try {
    ended.result = (await environment.run(activities(holder).updateUserRole, request)) as UpdatedUserRole;
  } catch (error) {
    ended.failure = error as ApplicationFailure;
  }
  return { ...ended, note: left as RoleWriteLog };
}

/** An attempt that began as soon as the server had scheduled it. */
function inTime(): Partial<Info> {
  const now = Date.now();
  return { scheduledTimestampMs: now, currentAttemptScheduledTimestampMs: now };
}

const pairs = roles.flatMap((from) => roles.map((to) => [from, to] as const));

describe('any role to any role', () => {
  it.concurrent.each(pairs)('%s to %s, with the owner’s key', async (from, to) => {
    const { id, email } = await account(from);
    expect((await run({ id, email, requestedRole: to })).result).toMatchObject({ from, role: to });
    expect(await portal.withEmail(email)).toMatchObject([{ type: to }]);
  });

  it.concurrent.each(pairs)('%s to %s, with an administrator’s key', async (from, to) => {
    const { id, email } = await account(from);
    const { result, failure } = await run({ id, email, requestedRole: to }, { holder: 'docSpaceAdmin' });
    const isRefused = from !== to && [from, to].includes('DocSpaceAdmin');
    if (isRefused) {
      const reason = expect.stringMatching(/^(permission|role-not-applied)$/);
      expect(failure?.details?.[0]).toMatchObject({ reason });
    } else expect(result).toMatchObject({ from, role: to });
    expect(await portal.withEmail(email)).toMatchObject([{ type: isRefused ? from : to }]);
  });

  it.each(pairs.filter(([from, to]) => isAbove(from, to)))('%s is kept above %s by default', async (from, to) => {
    const { id, email } = await account(from);
    expect((await run({ id, email, requestedRole: to, allowDemotion: false })).result).toEqual({ from, role: from });
    expect(await portal.withEmail(email)).toMatchObject([{ type: from }]);
  });
});

it('the owner is never changed', async () => {
  const { id, email } = await portal.as().self();
  const calls = (await portal.ledger()).length;
  const { failure } = await run({ id, email, requestedRole: 'User' }, { holder: 'docSpaceAdmin' });
  expect(failure?.details?.[0]).toMatchObject({ reason: 'permission' });
  expect((await portal.ledger()).slice(calls).every(({ route }) => route.startsWith('GET'))).toBe(true);
});

it('a disabled account is never enabled', async () => {
  const { id, email } = await account('User');
  await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
  expect((await run({ id, email, requestedRole: 'RoomAdmin' })).failure?.details?.[0]).toMatchObject({
    reason: 'conflict',
  });
  expect(await portal.withEmail(email)).toMatchObject([{ status: 2, type: 'User' }]);
});

it('a deleted account needs attention after some attempts', async () => {
  const { id, email } = await account('User');
  await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
  await portal.raw('DELETE', `/people/${id}`);
  const asked = { id, email, requestedRole: 'RoomAdmin' };
  expect((await run(asked)).failure).toMatchObject({ type: 'PortalUnavailable' });
  const note = { attempt: 3, unclear: null, failedJobs: 0 };
  const { failure } = await run(asked, { number: 4, note });
  expect(failure).toMatchObject({ type: 'NeedsAttention', details: [{ reason: 'conflict' }, { attempt: 4 }] });
});

describe('the documented call', () => {
  it('is made once per worker if the portal ignores it', async () => {
    const { updateUserRole } = activities();
    const before = (await portal.ledger()).length;
    for (const each of [await account('User'), await account('User')]) {
      const asked = { requestedRole: 'Manager', lastProfileRole: 'User', allowDemotion: true } as const;
      await attemptEnvironment(inTime()).run(updateUserRole, { ...each, ...asked, portal: portal.url });
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

  it('is enough on a portal that honours it', async () => {
    const documented = await TestPortal.start({ documentedRole: true });
    const { updateUserRole } = createActivities({ portal: documented.as(), settleWindow });
    const { id, email } = await documented
      .as()
      .createUser({ firstName: 'A', lastName: 'B', email: 'a@example.com', type: 'User', comment: '' });
    const asked = { id, email, portal: documented.url, requestedRole: 'Manager', allowDemotion: true };
    expect(await attemptEnvironment().run(updateUserRole, asked)).toEqual({
      from: 'User',
      role: 'RoomAdmin',
      call: 'PUT /people/{id}',
    });
    await documented.close();
  });
});

describe('an account that somebody has raised since it was read', () => {
  it('keeps its role if the step waited for a worker', async () => {
    const { id, email } = await account('DocSpaceAdmin');
    const asked = { id, email, requestedRole: 'RoomAdmin', lastProfileRole: 'User', allowDemotion: false } as const;
    expect((await run(asked)).result).toMatchObject({ role: 'DocSpaceAdmin' });
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'DocSpaceAdmin' }]);
  });

  it.each([
    ['waited for a worker', {}, () => ({})],
    ['is a later attempt', {}, () => ({ attempt: 2, heartbeatDetails: { attempt: 1 } })],
    ['was paused', { resumeFrom: { attempt: 0 } }, inTime],
  ])('keeps its role if the step of its group %s', async (_, given, info) => {
    const users = [await account('User'), await account('DocSpaceAdmin')];
    const asked = { portal: portal.url, requestedRole: 'RoomAdmin', users, ...given };
    const result = await attemptEnvironment(info()).run(activities().updateUserRoles, asked);
    expect(result).toMatchObject({ roles: ['RoomAdmin', 'DocSpaceAdmin'] });
    expect(await portal.withEmail(users[1]!.email)).toMatchObject([{ type: 'DocSpaceAdmin' }]);
  });
});

describe('after an unclear create', () => {
  const unclear = { lastUnclearWriteAt: scheduledAt, needsRoleReset: 'User' } as const;
  const later = { currentAttemptScheduledTimestampMs: scheduledAt + settleWindow };

  it.each(['RoomAdmin', 'DocSpaceAdmin'])('lowers a half-made account before it raises it to %s', async (role) => {
    const { id, email } = await account('RoomAdmin');
    const asked = { id, email, requestedRole: role, ...unclear };
    const first = await run(asked);
    expect(first.failure).toMatchObject({ type: 'PortalUnavailable', nextRetryDelay: expect.any(Number) });
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
    const second = await run(asked, { ...later, number: 2, note: first.note });
    expect(second.result).toMatchObject({ role, call: 'PUT /people/type/{type}' });
    expect(await portal.withEmail(email)).toMatchObject([{ type: role }]);
  });

  it('does not believe a refusal of the role as already set', async () => {
    const { id, email } = await account('User');
    const asked = { id, email, requestedRole: 'RoomAdmin', ...unclear };
    const note = { attempt: 1, unclear: { at: scheduledAt }, reset: 'done', failedJobs: 0 } as const;
    const body = JSON.stringify({ error: { message: '' }, status: 1, statusCode: 403 });
    const headers = { 'content-type': 'application/json' };
    await portal.faults({
      route: 'PUT /people/type/{type}',
      about: id,
      when: 'after',
      does: { kind: 'answer', status: 403, headers, body },
    });
    const { failure, note: left } = await run(asked, { ...later, number: 2, note });
    expect(failure).toMatchObject({ type: 'PortalUnavailable' });
    expect(left.reset).toBe('needed');
  });

  it.each(['User', 'Guest'] as const)('confirms %s at once if the account shows it', async (role) => {
    const { id, email } = await account(role);
    const asked = { id, email, requestedRole: role, lastUnclearWriteAt: scheduledAt, needsRoleReset: role };
    expect((await run(asked)).result).toEqual({ from: role, role, lastUnclearWriteAt: scheduledAt });
  });
});

describe('after an unclear role write', () => {
  it('repeats the write, and confirms the same role at once', async () => {
    const { id, email } = await account('User');
    const asked = { id, email, requestedRole: 'RoomAdmin' };
    await portal.faults({ route: 'PUT /people/type/{type}', about: id, times: 1, does: { kind: 'reset' } });
    const { note } = await run(asked);
    expect(note.unclear).toEqual({ at: 'this attempt', role: 'RoomAdmin' });
    expect((await run(asked, { number: 2, note })).result).toMatchObject({ role: 'RoomAdmin' });
  });

  it.each(['User', 'DocSpaceAdmin'])('confirms %s only after the settle window', async (role) => {
    const { id, email } = await account('User');
    const asked = { id, email, requestedRole: role, lastUnclearWriteAt: scheduledAt };
    const { failure, note } = await run(asked);
    expect(failure).toMatchObject({ type: 'PortalUnavailable', nextRetryDelay: expect.any(Number) });
    const later = { number: 2, note, currentAttemptScheduledTimestampMs: scheduledAt + settleWindow };
    expect((await run(asked, later)).result).toMatchObject({ role });
  });

  it.each<[string, Partial<Request>, Partial<RunOptions>]>([
    ['the attempt before was killed', {}, { number: 2 }],
    ['an operator reset the run', { isResetRun: true }, {}],
    ['an operator reset the activity', {}, { currentAttemptScheduledTimestampMs: scheduledAt + 1 }],
    ['the execution before left no note', { resumeFrom: 'unknown' }, {}],
  ])('takes a write for unclear if %s', async (_, more, options) => {
    const { id, email } = await account('RoomAdmin');
    const { failure } = await run({ id, email, requestedRole: 'RoomAdmin', ...more }, options);
    expect(failure).toMatchObject({ type: 'PortalUnavailable', nextRetryDelay: expect.any(Number) });
  });
});

describe('the demotion job', () => {
  it('is repeated before it needs attention', async () => {
    const { id, email } = await account('RoomAdmin');
    await portal.faults({ route: 'POST /people/type', about: id, does: { kind: 'job-fails', error: 'Oh' } });
    const types: unknown[] = [];
    let note: RoleWriteLog | undefined;
    for (const number of [1, 2, 3]) {
      const ended = await run({ id, email, requestedRole: 'User' }, { number, note });
      types.push(ended.failure?.type);
      note = ended.note;
    }
    expect(types).toEqual(['PortalUnavailable', 'PortalUnavailable', 'NeedsAttention']);
  });

  it('that never ends needs attention, with its progress', async () => {
    const { id, email } = await account('RoomAdmin');
    await portal.faults({ route: 'POST /people/type', about: id, does: { kind: 'job-hangs' } });
    const { updateUserRole } = createActivities({ portal: portal.as(), settleWindow: 0 });
    const asked = { id, email, portal: portal.url, requestedRole: 'User', allowDemotion: true };
    const failure = await attemptEnvironment()
      .run(updateUserRole, asked)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: expect.stringContaining('to User (5 % done)') });
    await portal.release();
  });
});
