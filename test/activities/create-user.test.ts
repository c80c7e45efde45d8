import { CancelledFailure, type ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActivities, type Activities } from '../../src/activities/index.js';
import type { CreateAttemptLog } from '../../src/domain/create-rule.js';
import type { AttentionDetails } from '../../src/contract/onboarding.js';
import type { CreatedUser } from '../../src/contract/steps.js';
import { attemptEnvironment, scheduledAt } from '../support/attempt.js';
import { TestPortal } from '../support/portal.js';

/** Single attempts of the step, with the note that earlier attempts left. */

let portal: TestPortal;
let count = 0;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterEach(async () => {
  await portal.faults();
  await portal.quirks({ keepsNotes: true });
  await portal.language('en');
});

afterAll(() => portal.close());

type Request = Parameters<Activities['createUser']>[0];

function request(more: Partial<Request> = {}): Request {
  const email = `new${count++}@example.com`;
  const person = { email, firstName: 'A', lastName: 'B', role: 'User', existing: 'fail', mail: true } as const;
  return { ...person, portal: portal.url, onboardingId: `onboard:${email}`, ...more };
}

const settleWindow = 60_000;
const activities = (): Activities => createActivities({ portal: portal.as(), settleWindow });

interface Ended {
  result?: CreatedUser;
  failure?: ApplicationFailure;
  note: CreateAttemptLog;
}

/** Runs one attempt, and also returns the note that it leaves to the next. */
async function run(asked: Request, { number = 1, note, by = activities(), ...info }: RunOptions = {}): Promise<Ended> {
  const environment = attemptEnvironment({ attempt: number, heartbeatDetails: note, ...info });
  let left = note;
  environment.on('heartbeat', (details: CreateAttemptLog) => (left = details));
  const ended: { result?: CreatedUser; failure?: ApplicationFailure } = {};
  try {
    ended.result = (await environment.run(by.createUser, asked)) as CreatedUser;
  } catch (error) {
    ended.failure = error as ApplicationFailure;
  }
  return { ...ended, note: left as CreateAttemptLog };
}

interface RunOptions {
  number?: number;
  note?: CreateAttemptLog | undefined;
  by?: Activities;
  currentAttemptScheduledTimestampMs?: number;
}

async function attempt(asked: Request, number?: number, note?: CreateAttemptLog, by?: Activities): Promise<unknown> {
  const { result, failure } = await run(asked, { ...(number && { number }), note, ...(by && { by }) });
  return result ?? failure;
}

const posts = async ({ email }: Request): Promise<number> =>
  (await portal.ledger()).filter(
    (line) => line.phase === 'received' && line.about === email && line.route === 'POST /people',
  ).length;

const loseAnswer = async ({ email }: Request): Promise<void> =>
  portal.faults({ route: 'POST /people', about: email, when: 'after', times: 1, does: { kind: 'reset' } });

describe('after an attempt that was killed', () => {
  it('waits for the settle window before it posts', async () => {
    const asked = request();
    const { failure } = await run(asked, { number: 2 });
    expect(failure?.nonRetryable).toBe(false);
    expect(failure?.nextRetryDelay).toBeGreaterThanOrEqual(500);
    expect(await posts(asked)).toBe(0);
  });

  it('counts the settle window by the server, however late the post was', async () => {
    const asked = request();
    await portal.faults({ route: 'POST /people', about: asked.email, times: 1, does: { kind: 'reset' } });
    const first = await run(asked);
    expect(first.note).toMatchObject({ posts: 1, lastPostAt: 'this attempt' });
    // The first attempt waited an hour for a worker, so it posted just before the second one was scheduled.
    const hourLater = scheduledAt + 3_600_000;
    const second = await run(asked, { number: 2, note: first.note, currentAttemptScheduledTimestampMs: hourLater });
    expect(second.failure).toMatchObject({ type: 'PortalUnavailable' });
    expect(second.note.lastPostAt).toBe(hourLater);
    const third = { number: 3, note: second.note, currentAttemptScheduledTimestampMs: hourLater + settleWindow };
    expect((await run(asked, third)).result).toMatchObject({ created: true, mail: 'sent' });
  });
});

const neverPosted = { attempt: 1, posts: 0, lastPostAt: null };

it('a later attempt posts if the previous one sent nothing', async () => {
  expect(await attempt(request(), 2, neverPosted)).toMatchObject({ created: true });
});

it('an unclear create is found, with its role unproven and its mail pending', async () => {
  const asked = request();
  await loseAnswer(asked);
  const { note } = await run(asked);
  const { result } = await run(asked, { number: 2, note });
  expect(result).toEqual({
    id: expect.any(String),
    role: 'User',
    created: true,
    mail: 'pending',
    lastUnclearWriteAt: scheduledAt,
    needsRoleReset: 'User',
  });
});

it('a failed look-up restarts the settle window', async () => {
  const asked = request();
  await portal.faults({ route: 'GET /people/email', about: asked.email, does: { kind: 'answer', status: 500 } });
  const { note } = await run(asked, { number: 3, note: { attempt: 2, posts: 1, lastPostAt: scheduledAt - 59_000 } });
  expect(note.lastPostAt).toBe('this attempt');
});

it('after five posts it needs attention, and the failure carries the note', async () => {
  const note = { attempt: 5, posts: 5, lastPostAt: scheduledAt - settleWindow };
  const { failure } = await run(request(), { number: 6, note });
  expect(failure?.details).toMatchObject([{ reason: 'portal-unavailable' }, { ...note, attempt: 6 }]);
});

describe('an account whose international domain was typed in Unicode', () => {
  it('gets no second one', async () => {
    const local = `typed${count++}`;
    const typed = { firstName: 'A', lastName: 'B', email: `${local}@exämple.de`, type: 'User', comment: '' } as const;
    const { id } = await portal.as().createUserWithoutMail(typed);
    const asked = request({ email: `${local}@xn--exmple-cua.de` });
    expect((await run(asked)).result).toMatchObject({ id, created: false });
    expect(await posts(asked)).toBe(0);
  });

  it('is created if there is none', async () => {
    expect(await attempt(request({ email: `typed${count++}@xn--exmple-cua.de` }))).toMatchObject({ created: true });
  });
});

describe('an execution that continues another one', () => {
  const resumeFrom = { attempt: 4, posts: 1, lastPostAt: 'this attempt' } as const;

  it.each<[string, Partial<Request>, Partial<RunOptions>]>([
    ['an operator resumed it', { resumeFrom, resumed: true }, {}],
    ['it was resumed by itself', { resumeFrom }, {}],
    ['the one before left no note', { resumeFrom: 'unknown' }, {}],
    ['an operator reset the run', { isResetRun: true }, {}],
    ['an operator reset the activity', {}, { currentAttemptScheduledTimestampMs: scheduledAt + 1 }],
  ])('does not post at once if %s', async (_, more, options) => {
    const asked = request(more);
    expect((await run(asked, options)).failure).toMatchObject({ type: 'PortalUnavailable' });
    expect(await posts(asked)).toBe(0);
  });
});

it.each(['en', 'de', 'ru'] as const)('an existing account is recognised by its marker in %s', async (language) => {
  await portal.language(language);
  const asked = request();
  const { id } = (await attempt(asked)) as CreatedUser;
  expect(await attempt(asked)).toMatchObject({ id, created: false, mail: 'none' });
  expect(await attempt({ ...asked, role: 'RoomAdmin' })).toMatchObject({ id, created: false });
  const other = { ...asked, onboardingId: 'onboard:other' };
  expect(await attempt(other)).toMatchObject({ id, created: false });
  expect(await attempt({ ...other, role: 'RoomAdmin' })).toMatchObject({ type: 'PermanentFailure' });
  expect(await attempt({ ...other, role: 'RoomAdmin', existing: 'adopt' })).toMatchObject({ id, created: false });
});

describe('on a portal that keeps no notes', () => {
  it('an account is ours if our key created it after the create began, by the portal’s clock', async () => {
    await portal.quirks({ keepsNotes: false });
    const by = activities();
    await run(request(), { by });
    const asked = request({ role: 'RoomAdmin' });
    await loseAnswer(asked);
    const { note } = await run(asked, { by });
    expect(note.portalTimeAtStart).toBeGreaterThan(Date.now() - 60_000);
    expect((await run(asked, { by, number: 2, note })).result).toMatchObject({ created: true });
    const later = { ...note, portalTimeAtStart: Date.now() + 60_000 };
    expect((await run(asked, { by, number: 2, note: later })).failure).toMatchObject({ type: 'PermanentFailure' });
  });
});

it('posts nothing once the worker has lost contact with Temporal', async () => {
  await portal.latency(600);
  const asked = request();
  const environment = attemptEnvironment({ attempt: 2, heartbeatDetails: neverPosted }, () =>
    Promise.reject(new Error('unavailable')),
  );
  const failure = await environment.run(activities().createUser, asked).catch((error: unknown) => error);
  expect(failure).toMatchObject({ type: 'PortalUnavailable', message: expect.stringContaining('lost contact') });
  expect(await posts(asked)).toBe(0);
  await portal.latency(0);
});

it('a RoomAdmin’s key creates Guests', async () => {
  const by = createActivities({ portal: portal.as('roomAdmin'), settleWindow });
  const { result } = await run(request({ role: 'Guest' }), { by });
  expect(result).toMatchObject({ role: 'Guest', created: true, mail: 'none' });
});

it('never enables a disabled account', async () => {
  const asked = request();
  const { id } = (await attempt(asked)) as CreatedUser;
  await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
  expect((await run(asked)).failure?.details?.[0]).toMatchObject({ reason: 'conflict' });
});

it('refuses an account that the portal returns for a different e-mail', async () => {
  await portal.faults({ route: 'GET /people/email', does: { kind: 'other-profile' } });
  expect((await run(request(), { number: 2 })).failure?.details?.[0]).toMatchObject({ reason: 'conflict' });
});

it('a refusal is believed only after three repeats with jitter', async () => {
  const asked = request({ firstName: 'R2D2' });
  let note: CreateAttemptLog | undefined;
  const types: unknown[] = [];
  for (const number of [1, 2, 3, 4]) {
    const ended = await run(asked, { number, note });
    note = ended.note;
    types.push(ended.failure?.type);
    if (number < 4) expect(ended.failure?.nextRetryDelay).toBeGreaterThanOrEqual(500);
  }
  expect(types).toEqual(['PortalUnavailable', 'PortalUnavailable', 'PortalUnavailable', 'PermanentFailure']);
});

describe('while the portal limits its calls', () => {
  const hour = 3_600_000;
  /** A worker that may make only so many calls an hour. */
  const limited = (calls: number): Activities =>
    createActivities({ portal: portal.as('owner', { limits: { calls, windowMs: hour } }), settleWindow });

  it('a create that was not sent is not treated as unclear', async () => {
    const by = limited(1);
    await run(request(), { by });
    const asked = request();
    const { failure, note } = await run(asked, { by });
    expect(failure).toMatchObject({ type: 'RateLimited', nonRetryable: false });
    expect(failure?.nextRetryDelay).toBeGreaterThan(hour / 2);
    expect(note).toEqual({ attempt: 1, posts: 0, lastPostAt: null });
    expect((await portal.ledger({ about: asked.email })).length).toBe(0);
  });

  it('a wait beyond schedule-to-close needs attention, and the failure carries the note', async () => {
    const by = limited(1);
    await run(request(), { by });
    const environment = attemptEnvironment({ scheduleToCloseTimeoutMs: hour / 4 });
    const failure = await environment.run(by.createUser, request()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'NeedsAttention', nonRetryable: true });
    const [attention, note] = (failure as ApplicationFailure).details as [AttentionDetails, unknown];
    expect(attention).toMatchObject({ reason: 'portal-unavailable', portalWide: true });
    expect(note).toEqual({ attempt: 1, posts: 0, lastPostAt: null });
    expect(attention.recheckAfterMs).toBeGreaterThan(hour / 2);
    // The circuit breaker stays closed.
    expect(await attempt(request(), 1, undefined, by)).not.toMatchObject({ details: [attention] });
  });

  it('a create that is cancelled while it waits is never sent', async () => {
    const by = createActivities({ portal: portal.as('owner', { limits: { calls: 60 } }), settleWindow });
    const [first, asked] = [request(), request()];
    const environment = attemptEnvironment();
    const [, waiting] = [run(first, { by }), environment.run(by.createUser, asked)];
    environment.cancel();
    await expect(waiting).rejects.toThrow(CancelledFailure);
    expect((await portal.ledger({ about: asked.email })).length).toBe(0);
  });
});
