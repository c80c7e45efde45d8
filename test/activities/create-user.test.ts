import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActivities, type Activities } from '../../src/activities/index.js';
import type { CreateAttemptLog } from '../../src/domain/create-rule.js';
import type { AttentionDetails } from '../../src/contract/onboarding.js';
import { TestPortal } from '../support/portal.js';

/** Single attempts of the step, with what the attempts before them left. */

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
  return { ...person, portal: portal.url, onboardingId: `onboard:${email}`, startedAt: Date.now(), ...more };
}

const activities = (settleWindow = 60_000): Activities => createActivities({ portal: portal.as(), settleWindow });

const startToCloseTimeoutMs = 130_000;

/** An attempt, with the note of an attempt before it. */
async function attempt(asked: Request, number = 1, note?: CreateAttemptLog, by = activities()): Promise<unknown> {
  const environment = new MockActivityEnvironment({ startToCloseTimeoutMs, attempt: number, heartbeatDetails: note });
  return environment.run(by.createUser, asked).catch((error: unknown) => error);
}

const posts = async ({ email }: Request): Promise<number> =>
  (await portal.ledger()).filter(
    (line) => line.phase === 'received' && line.about === email && line.route === 'POST /people',
  ).length;

it('a later attempt after a kill waits for the settle window before it posts', async () => {
  const asked = request();
  const failure = (await attempt(asked, 2)) as ApplicationFailure;
  expect(failure.nonRetryable).toBe(false);
  // The pause grows with the time since the post: a busy machine finds it later than at once.
  expect(failure.nextRetryDelay).toBeGreaterThanOrEqual(500);
  expect(await posts(asked)).toBe(0);
});

it('a later attempt whose predecessor sent nothing looks, and posts', async () => {
  const asked = request();
  expect(await attempt(asked, 2, { attempt: 1, posts: 0, lastPostAt: null })).toMatchObject({ created: true });
});

it('once the settle window has passed, it posts again', async () => {
  const asked = request();
  const note = { attempt: 2, posts: 1, lastPostAt: Date.now() - 61_000 };
  expect(await attempt(asked, 3, note)).toMatchObject({ created: true });
});

it('after five posts it needs a person, and tells the next what it knew', async () => {
  const note = { attempt: 5, posts: 5, lastPostAt: Date.now() - 61_000 };
  const failure = (await attempt(request(), 6, note)) as ApplicationFailure;
  expect(failure.details).toEqual([expect.objectContaining({ reason: 'portal-unavailable' }), { ...note, attempt: 6 }]);
});

it('a step that parked with an unknown create does not post at once when it is released', async () => {
  const asked = request({ resumeFrom: { attempt: 4, posts: 1, lastPostAt: Date.now() }, resumed: true });
  expect(await attempt(asked)).toMatchObject({ type: 'PortalUnavailable' });
  expect(await attempt({ ...asked, resumeFrom: 'unknown' })).toMatchObject({ type: 'PortalUnavailable' });
  expect(await posts(asked)).toBe(0);
});

it.each(['en', 'de', 'ru'] as const)(
  'an account that is there is found in %s too, and known by its marker',
  async (language) => {
    await portal.language(language);
    const asked = request();
    const first = await attempt(asked);
    expect(await attempt(asked)).toEqual(first);
    expect(await attempt({ ...asked, onboardingId: 'onboard:other' })).toMatchObject({ created: false });
    expect(await attempt({ ...asked, onboardingId: 'onboard:other', role: 'RoomAdmin' })).toMatchObject({
      type: 'PermanentFailure',
    });
  },
);

it('on a portal that keeps no notes, it is known by our key and the time', async () => {
  await portal.quirks({ keepsNotes: false });
  const by = activities();
  const asked = request();
  const first = await attempt(asked, 1, undefined, by);
  expect(await attempt(asked, 2, undefined, by)).toEqual(first);
  const late = { ...asked, startedAt: Date.now() + 60_000, role: 'RoomAdmin' };
  expect(await attempt(late, 2, undefined, by)).toMatchObject({ type: 'PermanentFailure' });
});

it('a disabled account is never revived', async () => {
  const asked = request();
  const { id } = (await attempt(asked)) as { id: string };
  await portal.raw('PUT', '/people/status/Terminated', { userIds: [id] });
  const failure = (await attempt(asked)) as ApplicationFailure;
  expect(failure.details?.[0]).toMatchObject({ reason: 'conflict' });
});

it('a database that takes accents for nothing answers with a stranger, who is left alone', async () => {
  await portal.faults({ route: 'GET /people/email', does: { kind: 'other-profile' } });
  const failure = (await attempt(request(), 2)) as ApplicationFailure;
  expect(failure.details?.[0]).toMatchObject({ reason: 'conflict' });
});

it('what the portal refuses for this person is given up, with its reason', async () => {
  expect(await attempt(request({ firstName: 'R2D2' }))).toMatchObject({ type: 'PermanentFailure', nonRetryable: true });
});

describe('where the portal limits its calls', () => {
  const hour = 3_600_000;
  /** A worker that may make so few calls, and whose turn comes late then. */
  const few = (calls: number): Activities =>
    createActivities({ portal: portal.as('owner', { limits: { calls, windowMs: hour } }), settleWindow: 60_000 });
  const patient = { scheduledTimestampMs: Date.now(), scheduleToCloseTimeoutMs: 24 * hour };

  it('a create that has to wait is not sent, and is not taken for one that was', async () => {
    const by = few(1);
    await attempt(request(), 1, undefined, by);
    const asked = request();
    const environment = new MockActivityEnvironment(patient);
    const remembered: unknown[] = [];
    environment.on('heartbeat', (details) => remembered.push(details));
    const failure = (await environment
      .run(by.createUser, asked)
      .catch((error: unknown) => error)) as ApplicationFailure;
    expect([failure.type, failure.nonRetryable]).toEqual(['RateLimited', false]);
    expect(failure.nextRetryDelay).toBeGreaterThan(hour / 2);
    expect(remembered).toEqual([{ attempt: 1, posts: 0, lastPostAt: null }]);
    expect((await portal.ledger({ about: asked.email })).length).toBe(0);
  });

  it('a wait that is longer than the step may be tried is said, with what the step knows', async () => {
    const by = few(1);
    await attempt(request(), 1, undefined, by);
    const environment = new MockActivityEnvironment({ ...patient, scheduleToCloseTimeoutMs: hour / 4 });
    const failure = await environment.run(by.createUser, request()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'NeedsAttention', nonRetryable: true });
    const [attention, known] = (failure as ApplicationFailure).details as [AttentionDetails, unknown];
    expect(attention).toMatchObject({ reason: 'portal-unavailable', portalWide: true });
    expect(known).toEqual({ attempt: 1, posts: 0, lastPostAt: null });
    expect(attention.recheckAfterMs).toBeGreaterThan(hour / 2);
    // It is no reason to answer the others without a call.
    expect(await attempt(request(), 1, undefined, by)).not.toMatchObject({ details: [attention] });
  });

  it('what is cancelled while it waits is never sent', async () => {
    const by = createActivities({ portal: portal.as('owner', { limits: { calls: 60 } }), settleWindow: 60_000 });
    const [first, asked] = [request(), request()];
    const environment = new MockActivityEnvironment(patient);
    const [, waiting] = [attempt(first, 1, undefined, by), environment.run(by.createUser, asked)];
    environment.cancel();
    await expect(waiting).rejects.toThrow(CancelledFailure);
    expect((await portal.ledger({ about: asked.email })).length).toBe(0);
  });
});
