import type { FullActivityId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { batchResults } from '../../src/client/batches.js';
import {
  cancelInChunks,
  chunkHandle,
  holdsPersonCondition,
  listChunks,
  takeFromChunks,
} from '../../src/client/chunks.js';
import type { OnboardingHandle } from '../../src/client/outcomes.js';
import { findOtherWriters } from '../../src/client/other-writers.js';
import type { Session } from '../../src/client/session.js';
import { idOfBatch, startBatch, type BatchHandle, type BatchRequest } from '../../src/client/start-batch.js';
import { findLatestRun, startDetached } from '../../src/client/start-onboarding.js';
import { chunkId, type PersonResult } from '../../src/contract/batch.js';
import { onboardingId, untilSettled, type OnboardingInput } from '../../src/contract/onboarding.js';
import type { Person } from '../../src/people/person.js';
import type { TestPortal } from '../support/portal.js';
import { setupPortalAndWorker } from '../support/scene.js';
import { hasEvent, untilListed, type TestTemporal } from '../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
const person = setupPortalAndWorker('alone', (context) => ({ portal, temporal } = context), { settleWindow: 1_000 });

const options = { existing: 'fail', mail: true } as const;
const session = (): Session => temporal.session(portal.url);
const idOf = (of: Person[]): string => idOfBatch(session(), of, options);

let group = 0;

function people(count: number, role = 'User'): [Person, ...Person[]] {
  const domain = `w${++group}.${temporal.taskQueue.slice(-6)}.example.com`;
  const made = Array.from({ length: count }, (_, index) => {
    return { firstName: 'Pat', lastName: 'Doe', email: `p${index}@${domain}`, role };
  });
  return made as [Person, ...Person[]];
}

/** Starts a batch as `import` does. The tests look for its chunk in the list of the server. */
async function started(of: Person[], request: Partial<BatchRequest> = {}): Promise<BatchHandle> {
  const others = await findOtherWriters(session(), idOf(of), of);
  const batch = await startBatch(session(), idOf(of), { people: of, options, ...others, ...request });
  await untilListed(chunkOf(batch));
  return batch;
}

const own = (email: string) => temporal.client.workflow.getHandle(onboardingId(email));

const chunkOf = (batch: BatchHandle) => temporal.client.workflow.getHandle(chunkId(batch.workflowId, 0));

async function typesOf({ email }: Person): Promise<string[]> {
  return (await portal.withEmail(email)).map(({ type }) => type);
}

/** Starts a batch, and holds the creates at the portal. */
async function heldAtCreate(of: Person[]): Promise<BatchHandle> {
  await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
  const batch = await started(of);
  await portal.reached('POST /people', 'received', of.length);
  return batch;
}

async function released(): Promise<void> {
  await portal.faults();
  await portal.release();
}

describe('a person in two open batches', () => {
  it('with the same role is one person, and both batches report them', async () => {
    const [shared, ...others] = people(3, 'RoomAdmin');
    const first = await heldAtCreate([shared, ...others]);
    const second = started([shared, ...people(1)]);
    await released();
    expect(await first.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 3 } });
    expect(await (await second).result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 2 } });
    expect(await typesOf(shared)).toEqual(['RoomAdmin']);
  });

  it('with another role is refused, and the message names the other batch', async () => {
    const [shared] = people(1);
    const first = await heldAtCreate([shared]);
    await expect(started([{ ...shared, role: 'Guest' }])).rejects.toThrow(first.workflowId);
    await released();
    expect(await first.result()).toMatchObject({ state: 'onboarded' });
  });

  it('with another role is refused without the name of a batch that has not started', async () => {
    const [shared] = people(1);
    const isKilled = new Promise<ReadonlySet<string>>(() => undefined);
    void startBatch(session(), idOf([shared]), { people: [shared], options, findElsewhere: () => isKilled });
    const condition = holdsPersonCondition(session(), shared.email);
    await expect.poll(() => listChunks(session(), condition)).toHaveLength(1);
    const [chunk] = await listChunks(session(), condition);
    await expect(started([{ ...shared, role: 'Guest' }])).rejects.toMatchObject({
      message: expect.stringContaining(`${idOf([shared])} is starting and requests the role User`),
      hint: expect.stringMatching(/^Import this file again in a minute/),
    });
    await chunkHandle(session(), chunk!).terminate('by the test');
  });

  it('that start at the same time is found, and the later batch is refused', async () => {
    const [shared] = people(1);
    const late = [{ ...shared, role: 'Guest' }];
    let first: BatchHandle | undefined;
    const findElsewhere = async () => {
      await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
      first = await startBatch(session(), idOf([shared]), { people: [shared], options });
      await portal.reached('POST /people', 'received');
      await untilListed(chunkOf(first));
      return (await findOtherWriters(session(), idOf(late), late)).onboardedElsewhere;
    };
    const refused = startBatch(session(), idOf(late), { people: late, options, findElsewhere });
    await expect(refused).rejects.toThrow(/is open and requests the role/);
    await released();
    expect(await first?.result()).toMatchObject({ state: 'onboarded' });
    await expect(temporal.client.workflow.getHandle(idOf(late)).describe()).rejects.toThrow('not found');
    expect(await typesOf(shared)).toEqual(['User']);
  });
});

describe('a corrected file', () => {
  it('joins the onboarding that waits for a seat, and reports what the portal shows', async () => {
    const [jane] = people(1, 'RoomAdmin');
    const body = JSON.stringify({ error: { message: 'no' }, status: 1, statusCode: 402 });
    const does = { kind: 'answer', status: 402, body } as const;
    await portal.faults({ route: 'PUT /people/type/{type}', times: 2, does });
    const first = await started([jane]);
    expect(await first.result()).toMatchObject({ counts: { 'needs-attention': 1 } });
    const second = await started([{ ...jane, role: 'User' }]);
    const outcome = await second.result();
    expect(outcome).toMatchObject({ state: 'kept-higher' });
    for await (const result of batchResults(session(), outcome)) expect(result).toMatchObject({ role: 'RoomAdmin' });
    expect(await typesOf(jane)).toEqual(['RoomAdmin']);
  });
});

describe('an import after a terminated batch', () => {
  it.each(['User', 'RoomAdmin'])('with the role %s ends what is left of it, and reports the truth', async (role) => {
    const of = people(5);
    await portal.faults({ route: 'GET /people/filter', does: { kind: 'hold' } });
    const first = await started(of);
    await portal.reached('GET /people/filter', 'received');
    const left = temporal.client.workflow.getHandle(
      chunkId(first.workflowId, 0),
      (await chunkOf(first).describe()).runId,
    );
    await first.terminate('by hand');
    const second = started(of.map((each) => ({ ...each, role })));
    await expect.poll(() => hasEvent(left, 'workflowExecutionCancelRequestedEventAttributes')).toBe(true);
    await released();
    const outcome = await (await second).result();
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 5 } });
    const accounts = await portal.people();
    for (const { email } of of) {
      expect(accounts.filter((each) => each.email === email).map(({ type }) => type)).toEqual([role]);
    }
    expect((await left.describe()).status.name).toBe('COMPLETED');
  });
});

async function startedAlone(
  given: Partial<OnboardingInput> = {},
): Promise<{ email: string; handle: OnboardingHandle }> {
  const input = person({ lookUpBeforeCreate: false, ...given });
  return { email: input.email, handle: await startDetached(session(), input) };
}

/** The people for whom a stopped run may have sent a write. The server lists a run a moment after it has closed. */
async function unclearOf(of: Person[]): Promise<string[]> {
  return [...(await findOtherWriters(session(), idOf(of), of)).mayHaveBeenPosted];
}

describe('the writes of a stopped run are unclear', () => {
  it('for the people of a terminated chunk whose create had not ended', async () => {
    const of = people(3);
    const { email } = of[1]!;
    await portal.faults({ route: 'POST /people', about: email, does: { kind: 'hold' } });
    const batch = await started(of);
    await portal.reached('POST /people', 'answered', 2);
    const chunk = temporal.client.workflow.getHandle(chunkId(batch.workflowId, 0));
    const completed = async (): Promise<number> =>
      (await chunk.fetchHistory()).events?.filter((each) => each.activityTaskCompletedEventAttributes).length ?? 0;
    await expect.poll(completed).toBe(3);
    await chunk.terminate('by hand');
    await batch.terminate('by hand');
    await expect.poll(() => unclearOf(of)).toEqual([email]);
    await expect.poll(() => takeFromChunks(session(), email)).toBe(true);
    expect(await takeFromChunks(session(), of[0].email)).toBe(false);
    await released();
  });

  it('for a cancelled batch, so a create that commits late makes no second account', async () => {
    const of = people(1);
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'late', commitAfter: 6 } });
    const first = await started(of);
    await portal.reached('POST /people', 'lost');
    await first.cancel();
    await first.result();
    await expect.poll(() => unclearOf(of)).toEqual([of[0].email]);
    const second = await started(of);
    expect(await second.result()).toMatchObject({ counts: { onboarded: 1 } });
    expect(await typesOf(of[0])).toEqual(['User']);
  });

  it('for a terminated chunk, so an account without its role is made what the file requests', async () => {
    const of = people(1);
    await portal.faults(
      { route: 'POST /people', does: { kind: 'statement', statement: 'group', disturbed: 'before' } },
      { route: 'POST /people', when: 'after', does: { kind: 'hold' } },
    );
    const first = await started(of);
    await portal.reached('POST /people', 'held');
    await chunkOf(first).terminate('by hand');
    await first.terminate('by hand');
    await expect.poll(() => unclearOf(of)).toEqual([of[0].email]);
    await released();
    const second = await started(of);
    expect(await second.result()).toMatchObject({ state: 'onboarded' });
    expect(await typesOf(of[0])).toEqual(['User']);
  });

  it('but not for a chunk that was stopped before its first write, whatever earlier runs sent', async () => {
    const of = people(5);
    await portal.faults({ route: 'GET /people/filter', does: { kind: 'hold' } });
    const batch = await started(of, { mayHaveBeenPosted: new Set([of[0].email]) });
    await portal.reached('GET /people/filter', 'received');
    await chunkOf(batch).terminate('by hand');
    await batch.terminate('by hand');
    expect(await takeFromChunks(session(), of[0].email)).toBe(false);
    await released();
  });

  it.each<[string, (create: FullActivityId) => Promise<void>]>([
    ['failed', (create) => temporal.client.activity.fail(create, ApplicationFailure.nonRetryable('by hand'))],
    ['completed', (create) => temporal.client.activity.complete(create, null)],
  ])('for an onboarding whose create an operator %s', async (_, end) => {
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
    const { email, handle } = await startedAlone();
    await portal.reached('POST /people', 'received');
    await end({ workflowId: handle.workflowId, activityId: '1' });
    await expect(handle.result()).rejects.toThrow('Workflow execution failed');
    expect(await findLatestRun(session(), email)).toMatchObject({ isOpen: false, lookUpBeforeCreate: true });
    const of = [{ email, firstName: 'Pat', lastName: 'Doe', role: 'User' }];
    await expect.poll(() => unclearOf(of)).toEqual([email]);
    await released();
  });

  it('but not for an onboarding that the portal refused', async () => {
    const exists = { email: 'exists@example.com', firstName: 'Jane', lastName: 'Roe' };
    await portal.raw('POST', '/people', { ...exists, type: 'User' });
    const { email, handle } = await startedAlone({ ...exists, role: 'RoomAdmin' });
    await expect(handle.result()).rejects.toThrow('Workflow execution failed');
    expect(await findLatestRun(session(), email)).toMatchObject({ isOpen: false, lookUpBeforeCreate: false });
  });

  it('but not for an onboarding that was confirmed before', async () => {
    const { email, handle } = await startedAlone({ role: 'RoomAdmin', roleWindow: '1h' });
    await handle.executeUpdate(untilSettled);
    await handle.terminate('by hand');
    expect(await findLatestRun(session(), email)).toMatchObject({ isOpen: false, lookUpBeforeCreate: false });
  });
});

describe('a person whom `cancel` takes out of a chunk', () => {
  /** Cancels somebody while the portal holds a call, and releases it once the chunk knows. */
  async function cancelledIn(batch: BatchHandle, email: string, release = released): Promise<void> {
    const cancelling = cancelInChunks(session(), email);
    const isAccepted = () => hasEvent(chunkOf(batch), 'workflowExecutionUpdateAcceptedEventAttributes');
    await expect.poll(isAccepted).toBe(true);
    await release();
    await cancelling;
  }

  async function resultOf(batch: BatchHandle, email: string): Promise<PersonResult | undefined> {
    const outcome = await batch.result();
    expect(outcome.counts).toMatchObject({ onboarded: 1, cancelled: 1 });
    for await (const result of batchResults(session(), outcome)) if (result.email === email) return result;
    return undefined;
  }

  it('before it reaches them has no account', async () => {
    const [jane, other] = people(2, 'RoomAdmin');
    await portal.faults({ route: 'GET /people/filter', times: 1, does: { kind: 'hold' } });
    const batch = await started([jane, other!]);
    await portal.reached('GET /people/filter', 'received');
    await cancelledIn(batch, jane.email);
    expect(await resultOf(batch, jane.email)).toEqual({ email: jane.email, state: 'cancelled' });
    expect(await typesOf(jane)).toEqual([]);
    await expect(own(jane.email).describe()).rejects.toThrow('not found');
  });

  it('during the create keeps the account, which is not raised', async () => {
    const [jane, other] = people(2, 'RoomAdmin');
    await portal.faults({ route: 'POST /people', about: jane.email, does: { kind: 'hold' } });
    const batch = await started([jane, other!]);
    await portal.reached('POST /people', 'received', 2);
    await cancelledIn(batch, jane.email);
    const [{ id: userId } = { id: '' }] = await portal.withEmail(jane.email);
    const account = { userId, role: 'User', created: 'now' };
    expect(await resultOf(batch, jane.email)).toEqual({ email: jane.email, state: 'cancelled', ...account });
    expect(await typesOf(jane)).toEqual(['User']);
    await expect(own(jane.email).describe()).rejects.toThrow('not found');
  });

  it('during a create whose answer is lost is not raised', async () => {
    const [jane, other] = people(2, 'RoomAdmin');
    await portal.faults(
      { route: 'POST /people', about: jane.email, times: 1, does: { kind: 'hold' } },
      { route: 'POST /people', about: jane.email, times: 1, when: 'after', does: { kind: 'reset' } },
    );
    const batch = await started([jane, other!]);
    await portal.reached('POST /people', 'received', 2);
    await cancelledIn(batch, jane.email, () => portal.release());
    expect(await resultOf(batch, jane.email)).toMatchObject({ state: 'cancelled' });
    await expect(own(jane.email).result()).rejects.toThrow('Workflow execution cancelled');
    expect(await typesOf(jane)).toEqual(['User']);
  });

  it('after the handover is cancelled by their own onboarding', async () => {
    const [jane] = people(1, 'RoomAdmin');
    await portal.as().createUser({ ...jane, type: 'User', comment: '' });
    await portal.faults({ route: 'GET /people/{id}', times: 1, does: { kind: 'hold' } });
    const batch = await started([jane, ...people(1)], { options: { ...options, existing: 'adopt' } });
    await portal.reached('GET /people/{id}', 'received');
    await cancelInChunks(session(), jane.email);
    await own(jane.email).cancel();
    expect(await resultOf(batch, jane.email)).toMatchObject({ state: 'cancelled', role: 'User', created: 'no' });
    await released();
    expect(await typesOf(jane)).toEqual(['User']);
  });
});
