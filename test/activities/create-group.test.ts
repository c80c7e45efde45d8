import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import type { FoundGroup } from '../../src/contract/places.js';
import type { CreateGroupRequest } from '../../src/contract/steps.js';
import type { CreateAttemptLog } from '../../src/domain/create-rule.js';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import { attemptEnvironment, scheduledAt } from '../support/attempt.js';
import { TestPortal } from '../support/portal.js';

/** Single attempts of the activity, with the note that earlier attempts left. */

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});
afterEach(() => portal.faults());
afterAll(() => portal.close());

const settleWindow = 60_000;
let count = 0;

interface Ended {
  result?: FoundGroup;
  failure?: ApplicationFailure;
  note?: CreateAttemptLog;
}

interface Given extends Partial<CreateGroupRequest> {
  attempt?: number;
  note?: CreateAttemptLog | undefined;
  /** Milliseconds after the first attempt was scheduled. */
  after?: number;
  holder?: 'owner' | 'roomAdmin';
  /** How long each call may take. */
  timeoutMs?: number;
}

const newName = (): string => `Class ${++count}`;

async function run(
  name: string,
  { attempt = 1, note, after = 0, holder = 'owner', timeoutMs, ...more }: Given = {},
): Promise<Ended> {
  const environment = attemptEnvironment({
    attempt,
    heartbeatDetails: note,
    currentAttemptScheduledTimestampMs: scheduledAt + after,
    ...(attempt === 1 && { scheduledTimestampMs: scheduledAt + after }),
  });
  let left = note;
  environment.on('heartbeat', (details: CreateAttemptLog) => (left = details));
  const { createGroup } = createActivities({
    portal: portal.as(holder, timeoutMs === undefined ? {} : { timeoutMs }),
    settleWindow,
  });
  try {
    const result = (await environment.run(createGroup, { portal: portal.url, name, ...more })) as FoundGroup;
    return { result };
  } catch (error) {
    return { failure: error as ApplicationFailure, ...(left && { note: left }) };
  }
}

async function idsOf(name: string): Promise<string[]> {
  return (await portal.as().places.groupsLike(name)).filter((group) => group.name === name).map(({ id }) => id);
}

async function postsOf(name: string): Promise<number> {
  return (await portal.ledger({ route: 'POST /group', phase: 'received', about: name })).length;
}

const post = (name: string, rule: Omit<Fault, 'route'>): Promise<void> =>
  portal.faults({ route: 'POST /group', about: name, times: 1, ...rule });

it('a missing group is posted at once and read back', async () => {
  const name = newName();
  const { result } = await run(name);
  expect(await idsOf(name)).toEqual([result?.id]);
  expect(result).toEqual({ asked: name, id: expect.any(String), name });
  expect(await run(name)).toEqual({ result });
  expect(await postsOf(name)).toBe(1);
});

it.each<[string, Fault['when'], Fault['does'], number]>([
  ['that was carried out', 'after', { kind: 'reset' }, 1],
  ['that was not carried out', 'before', { kind: 'reset' }, 0],
  ['that hangs, and was carried out', 'after', { kind: 'hang' }, 1],
  ['that the portal carries out late', 'before', { kind: 'late' }, 0],
])('after a lost answer to a post %s, nothing is posted within the settle window', async (_, when, does, existing) => {
  const name = newName();
  await post(name, { when, does });
  const first = await run(name, does.kind === 'hang' ? { timeoutMs: 2_000 } : {});
  expect(first.failure).toMatchObject({ type: 'PortalUnavailable', nonRetryable: false });
  expect(first.note).toMatchObject({ posts: 1, lastPostAt: 'this attempt' });
  expect(await idsOf(name)).toHaveLength(existing);

  const second = await run(name, { attempt: 2, note: first.note, after: 1_000 });
  if (existing === 0) {
    expect(second.failure?.nextRetryDelay).toBeGreaterThanOrEqual(500);
    await portal.release(); // what came late appears
  }
  const third = await run(name, { attempt: 3, note: second.note ?? first.note, after: 1_000 + settleWindow });
  expect([third.result?.id]).toEqual(await idsOf(name));
  expect(await postsOf(name)).toBe(does.kind === 'reset' && existing === 0 ? 2 : 1);
});

describe('an execution that does not know what was posted', () => {
  it.each<[string, Given]>([
    ['after a killed attempt', { attempt: 2 }],
    ['after an earlier run', { resumeFrom: 'unknown' }],
    ['after a reset of the run', { isResetRun: true }],
  ])('waits for the settle window: %s', async (_, given) => {
    const name = newName();
    expect((await run(name, given)).failure).toMatchObject({ type: 'PortalUnavailable' });
    expect(await postsOf(name)).toBe(0);
  });
});

it('two groups of one name are a problem with both ids, and nothing is posted', async () => {
  const name = newName();
  const twins = [await portal.createGroup(name), await portal.createGroup(name)];
  const { result } = await run(name);
  expect(result?.isMissing).toBeUndefined();
  for (const { id } of twins) expect(result?.message).toContain(id);
  expect(await idsOf(name)).toHaveLength(2);
});

it('a group that somebody else creates at the same time makes two, which is a problem', async () => {
  const name = newName();
  await post(name, { does: { kind: 'hold' } });
  const running = run(name);
  await portal.reached('POST /group', 'received');
  await portal.createGroup(name);
  await portal.release();
  const { result } = await running;
  for (const id of await idsOf(name)) expect(result?.message).toContain(id);
});

it('a key that may not create groups is a failure with that reason', async () => {
  const name = newName();
  const { failure, note } = await run(name, { holder: 'roomAdmin' });
  expect(failure?.details?.[0]).toMatchObject({
    reason: 'permission',
    message: 'the API key may not do this (POST /group)',
    hint: expect.stringContaining('use the key of a DocSpaceAdmin or the owner') as string,
  });
  expect(note?.posts ?? 0).toBe(0);
  expect(await idsOf(name)).toEqual([]);
});

it('after five posts without a trace of the group it needs attention', async () => {
  const note = { attempt: 5, posts: 5, lastPostAt: scheduledAt - settleWindow };
  const name = newName();
  expect((await run(name, { attempt: 6, note })).failure?.details?.[0]).toMatchObject({ reason: 'portal-unavailable' });
  expect(await postsOf(name)).toBe(0);
});
