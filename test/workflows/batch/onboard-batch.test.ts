import type { WorkflowUpdateHandle } from '@temporalio/client';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { batchResults } from '../../../src/client/batches.js';
import { idOfBatch, startBatch, type BatchHandle, type BatchRequest } from '../../../src/client/start-batch.js';
import {
  batchStatus,
  chunkId,
  chunkProgress,
  chunkSize,
  groupSize,
  handOver,
  noCounts,
  personSettled,
  startChunk,
  untilHandedOver,
  type BatchOutcome,
  type ChunkReport,
  type PersonResult,
} from '../../../src/contract/batch.js';
import { compactResults, expandResults } from '../../../src/contract/kept-results.js';
import { onboardingId, retry, status } from '../../../src/contract/onboarding.js';
import type { Person } from '../../../src/people/person.js';
import { grpcCodes, grpcErrorIn } from '../../../src/temporal/grpc-errors.js';
import type { onboardBatch } from '../../../src/workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../../../src/workflows/batch/onboard-chunk.js';
import { importOnce, importTwice } from '../../support/imports.js';
import { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { startServer, TestTemporal } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
const settleWindow = 1_000;
setupPortalAndWorker('person', (context) => ({ portal, temporal } = context), { settleWindow });

let count = 0;

function people(number: number, role = 'User'): Person[] {
  const group = ++count;
  return Array.from({ length: number }, (_, index) => ({
    firstName: 'Pat',
    lastName: 'Doe',
    email: `p${index}.g${group}.${temporal.taskQueue.slice(-6)}@example.com`,
    role,
  }));
}

const options = { existing: 'fail', mail: true } as const;

function started(
  of: Person[],
  request: Partial<BatchRequest> = {},
  taskQueue = temporal.taskQueue,
): Promise<BatchHandle> {
  const id = idOfBatch(temporal.session(portal.url), of, request.options ?? options);
  return startBatch(temporal.session(portal.url, taskQueue), id, { people: of, options, ...request });
}

const importOf = async (of: Person[], request: Partial<BatchRequest> = {}): Promise<BatchOutcome> =>
  (await started(of, request)).result();

const imported = (of: Person[], request?: Partial<BatchRequest>): Promise<BatchOutcome> =>
  importTwice(portal, () => importOf(of, request));

async function resultsOf(outcome: BatchOutcome): Promise<PersonResult[]> {
  const results: PersonResult[] = [];
  for await (const result of batchResults(temporal.session(portal.url), outcome)) results.push(result);
  return results;
}

/** The e-mails of the people who have their own onboarding. */
async function handedOver(of: Person[]): Promise<ReadonlySet<string>> {
  const { workflow } = temporal.client;
  const described = await Promise.allSettled(of.map(({ email }) => workflow.getHandle(onboardingId(email)).describe()));
  return new Set(of.flatMap(({ email }, index) => (described[index]?.status === 'fulfilled' ? [email] : [])));
}

/** Creates somebody by hand, with the name that the people of these tests have. */
async function createdByHand(email: string, role?: 'RoomAdmin'): Promise<void> {
  const { id } = await portal.as().createUser({ firstName: 'Pat', lastName: 'Doe', email, type: 'User', comment: '' });
  if (role) await portal.as().promote(id, role);
}

async function typeOf(email: string): Promise<string | undefined> {
  const [account, ...others] = await portal.withEmail(email);
  expect(others).toEqual([]);
  return account?.type;
}

const refusal = (code: number): { kind: 'answer'; status: number; body: string } => ({
  kind: 'answer',
  status: code,
  body: JSON.stringify({ error: { message: 'no' }, status: 1, statusCode: code }),
});

const promotion = 'PUT /people/type/{type}';
/** The call that every real portal ignores. */
const documented = 'PUT /people/{id}';

describe('a batch of new people', () => {
  it('onboards more people than one chunk holds', async () => {
    const of = people(chunkSize + 20);
    const outcome = await imported(of);
    expect(outcome).toMatchObject({ state: 'onboarded', people: of.length, portal: portal.url });
    expect(outcome.counts).toEqual({ ...noCounts, onboarded: of.length });
    expect(outcome.chunks).toHaveLength(2);
    const hash = createHash('sha256')
      .update(of[0]?.email ?? '')
      .digest('hex')
      .slice(0, 7); // as docs/web-ui.md shows
    const { count: chunks } = await temporal.client.workflow.count(
      `PersonHash = '${hash}' AND Batch = '${outcome.batchId}'`,
    );
    expect(chunks).toBe(2); // the chunk of each import

    const accounts = await portal.people();
    for (const { email } of of) {
      const own = accounts.filter((account) => account.email === email);
      expect(own).toMatchObject([{ type: 'User', mails: 1, notes: expect.stringContaining(onboardingId(email)) }]);
    }
  });

  it('gives each person their role, and reports what the portal shows', async () => {
    const of = ['Guest', 'User', 'Manager', 'DocSpaceAdmin'].flatMap((role) => people(2, role));
    const results = await resultsOf(await imported(of));
    expect(results.map(({ state, role, created }) => [state, role, created])).toEqual(
      ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'].flatMap((role) => [1, 2].map(() => ['onboarded', role, 'now'])),
    );
    for (const [index, { userId }] of results.entries()) {
      expect(await portal.withEmail(of[index]?.email ?? '')).toMatchObject([
        { id: userId, type: results[index]?.role },
      ]);
    }
  });

  it('makes at most 1.15 calls and 1.05 writes per person if everybody is promoted', async () => {
    const of = people(100, 'RoomAdmin');
    const before = (await portal.ledger()).length;
    const { batchId } = await importOnce('counts the calls', () => importOf(of));
    // A busy machine may lose an attempt, and the chunk then hands the person over.
    const others = await handedOver(of);
    const about = new Set((await portal.people()).flatMap(({ email, id }) => (others.has(email) ? [email, id] : [])));
    const calls = (await portal.ledger())
      .slice(before)
      .filter((line) => line.phase === 'received' && !about.has(line.about));
    const writes = calls.filter(({ route }) => !route.startsWith('GET'));
    expect(calls.length).toBeLessThanOrEqual(115 - others.size);
    expect(writes.length).toBeLessThanOrEqual(105 - others.size);
    expect(await portal.calls()).toSatisfy((all: string[]) => all.filter((each) => each === documented).length === 1);

    const { events } = await temporal.client.workflow.getHandle(chunkId(batchId, 0)).fetchHistory();
    const activities = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    const names = new Set(activities.map(({ activityType }) => activityType?.name));
    expect(names).toEqual(new Set(['getUsers', 'createUser', 'updateUserRoles']));
    expect(new Set(activities.map(({ retryPolicy }) => retryPolicy?.maximumAttempts))).toEqual(new Set([20]));
  });

  it('keeps its history small', async () => {
    const outcome = await importOnce('counts the events', () => importOf(people(100)));
    const chunk = temporal.client.workflow.getHandle(chunkId(outcome.batchId, 0));
    expect((await chunk.describe()).historyLength).toBeLessThanOrEqual(450);
  });

  it('sends no mail if none is wanted', async () => {
    const of = people(2);
    await imported(of, { options: { existing: 'fail', mail: false } });
    expect(await portal.withEmail(of[0]?.email ?? '')).toMatchObject([{ mails: 0 }]);
  });
});

describe('a batch of the same people', () => {
  it('is the same batch while it is open', async () => {
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' }, times: 1 });
    const of = people(1);
    const first = await started(of);
    await portal.reached('POST /people', 'received');
    const second = await started(of);
    expect((await second.describe()).runId).toBe((await first.describe()).runId);
    await portal.release();
    expect(await second.result()).toMatchObject({ state: 'onboarded' });
    expect(await portal.withEmail(of[0]?.email ?? '')).toHaveLength(1);
  });

  it('changes nothing the second time, with one call for each group', async () => {
    const of = [...people(30), ...people(30, 'RoomAdmin')];
    await importOnce('is repeated below', () => importOf(of));
    const before = (await portal.ledger()).length;
    const outcome = await importOnce('is the second one', () => importOf(of));
    expect(outcome.counts).toEqual({ ...noCounts, onboarded: 60 });
    const calls = (await portal.ledger()).slice(before).filter(({ phase }) => phase === 'received');
    expect(calls.map(({ route }) => route)).toEqual(['GET /people/filter', 'GET /people/filter']);
    expect((await resultsOf(outcome)).every(({ created }) => created === 'earlier')).toBe(true);
  });

  it('creates only those who are new', async () => {
    const of = people(3);
    await imported(of.slice(0, 2));
    const before = (await portal.ledger()).length;
    expect((await imported(of)).counts).toMatchObject({ onboarded: 3 });
    const lines = (await portal.ledger()).slice(before).filter(({ phase }) => phase === 'received');
    const writes = lines.filter(({ route }) => !route.startsWith('GET'));
    expect(writes.map(({ route, about }) => [route, about])).toEqual([['POST /people', of[2]?.email]]);
  });

  it('continues with the chunks of a starter that was killed', async () => {
    const of = people(chunkSize + 1);
    const batch = idOfBatch(temporal.session(portal.url), of, options);
    const left = await temporal.client.workflow.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, chunk: 0, people: of.slice(0, chunkSize), options }],
    });
    const outcome = await imported(of);
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: chunkSize + 1 } });
    expect(outcome.chunks[0]).toBe(left.firstExecutionRunId);
  });
});

describe('an existing account in a batch', () => {
  it('with a higher role keeps it, and names the option that lowers it', async () => {
    const [person] = people(1) as [Person];
    await imported([person]);
    await portal.as().promote((await portal.withEmail(person.email))[0]?.id ?? '', 'RoomAdmin');
    const outcome = await imported([person]);
    expect(outcome).toMatchObject({ state: 'kept-higher', counts: { 'kept-higher': 1 } });
    const message = 'keeps RoomAdmin, although the file requests User; --allow-demotion would lower it';
    expect(await resultsOf(outcome)).toMatchObject([{ state: 'kept-higher', role: 'RoomAdmin', message }]);
    expect(await typeOf(person.email)).toBe('RoomAdmin');
  });

  it('with a higher role is lowered by --allow-demotion', async () => {
    const [person] = people(1, 'RoomAdmin') as [Person];
    await imported([person]);
    const outcome = await imported([{ ...person, role: 'User' }], { options: { ...options, allowDemotion: true } });
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 1 } });
    expect(await typeOf(person.email)).toBe('User');
  });

  it('with a lower role is raised by its own onboarding', async () => {
    const [person] = people(1) as [Person];
    await imported([person]);
    const outcome = await imported([{ ...person, role: 'RoomAdmin', lastName: 'Roe' }]);
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 1 } });
    const result = { role: 'RoomAdmin', created: 'earlier', otherName: 'Pat Doe' };
    expect(await resultsOf(outcome)).toMatchObject([result]);
    expect(await temporal.client.workflow.getHandle(onboardingId(person.email)).result()).toMatchObject({
      role: 'RoomAdmin',
    });
  });

  it('of somebody else fails, and the others continue', async () => {
    const of = people(3, 'RoomAdmin');
    const email = of[1]?.email ?? '';
    await createdByHand(email);
    const outcome = await imported(of);
    expect(outcome).toMatchObject({ state: 'failed', counts: { onboarded: 2, failed: 1 } });
    expect((await resultsOf(outcome))[1]).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('--existing adopt'),
    });
    expect(await typeOf(email)).toBe('User');
  });

  it('with another last name is reported', async () => {
    const [person] = people(1) as [Person];
    await imported([person]);
    const outcome = await imported([{ ...person, lastName: 'Roe' }]);
    expect(await resultsOf(outcome)).toMatchObject([{ state: 'onboarded', otherName: 'Pat Doe' }]);
  });

  it('with another first and last name is a conflict, which only an operator resolves', async () => {
    const [person] = people(1) as [Person];
    await imported([person]);
    const own = temporal.client.workflow.getHandle(onboardingId(person.email));
    for (let imports = 0; imports < 2; imports++) {
      const other = { ...person, firstName: 'Peter', lastName: 'Fischer', role: 'RoomAdmin' };
      const outcome = await importOnce('is repeated here', () => importOf([other]));
      expect(outcome).toMatchObject({ state: 'needs-attention', counts: { 'needs-attention': 1 } });
      expect(await own.query(status)).toMatchObject({
        attention: { reason: 'conflict', message: expect.stringContaining('Pat Doe') },
      });
    }
    expect(await typeOf(person.email)).toBe('User');
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', created: false });
  });

  it('with another first and last name is not raised or placed until an operator retries', async () => {
    const { id, name } = await portal.createGroup('Another name');
    const [person] = people(1) as [Person];
    await imported([person]);
    const other = { ...person, firstName: 'Peter', lastName: 'Fischer', role: 'RoomAdmin', groups: [name] };
    expect(await imported([other])).toMatchObject({ state: 'needs-attention' });
    const [account] = await portal.withEmail(person.email);
    expect(account?.type).toBe('User');
    expect(await portal.as().places.groupsOf(account!.id)).toEqual([]);
    const own = temporal.client.workflow.getHandle(onboardingId(person.email));
    expect(await own.query(status)).toMatchObject({ attention: { reason: 'conflict' } });
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ role: 'RoomAdmin', groups: [{ id, state: 'joined' }] });
  });
});

describe('a person whom a chunk cannot onboard itself', () => {
  it('gets an onboarding, which knows what the chunk knows', async () => {
    const of = people(3, 'RoomAdmin');
    await portal.faults(
      { route: promotion, times: 1, does: refusal(402) },
      { route: promotion, times: 1, does: refusal(402) },
    );
    const outcome = await imported(of);
    expect(outcome.counts).toMatchObject({ 'needs-attention': 1 });
    const results = await resultsOf(outcome);
    const index = results.findIndex(({ state }) => state === 'needs-attention');
    expect(results[index]).toMatchObject({ role: 'User', created: 'now', message: expect.stringContaining('seat') });

    const email = of[index]?.email ?? '';
    const own = temporal.client.workflow.getHandle(onboardingId(email));
    expect(await own.query(status)).toMatchObject({
      state: 'needs-attention',
      userId: results[index]?.userId,
      created: true,
      attention: { reason: 'quota' },
      steps: { create: { state: 'done' }, updateRole: { state: 'waiting' } },
    });
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', created: true });
    expect(await typeOf(email)).toBe('RoomAdmin');
  });

  it('whose create was lost is onboarded once', async () => {
    const of = people(4, 'RoomAdmin');
    await portal.faults({ route: 'POST /people', when: 'after', times: 1, does: { kind: 'reset' } });
    const outcome = await imported(of);
    expect(outcome.counts).toMatchObject({ onboarded: 4 });
    for (const { email } of of) expect(await typeOf(email)).toBe('RoomAdmin');
  });

  it('whose create was answered by a proxy is onboarded once', async () => {
    const [person, existing] = people(2, 'RoomAdmin') as [Person, Person];
    await imported([existing]);
    const does = { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } as const;
    await portal.faults({ route: 'POST /people', when: 'after', does }, { route: 'GET /people/email', does });
    expect(await importOf([person, existing])).toMatchObject({ counts: { onboarded: 1, 'needs-attention': 1 } });
    await portal.faults();
    const own = temporal.client.workflow.getHandle(onboardingId(person.email));
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ state: 'onboarded', created: true });
    expect(await typeOf(person.email)).toBe('RoomAdmin');
  });

  it('whose role write was lost still gets the role', async () => {
    const of = people(4, 'RoomAdmin');
    await portal.faults({ route: promotion, when: 'after', times: 1, does: { kind: 'reset' } });
    const outcome = await imported(of);
    expect(outcome.counts).toMatchObject({ onboarded: 4 });
    for (const { email } of of) expect(await typeOf(email)).toBe('RoomAdmin');
  });

  it('joins the onboarding that is open, which raises the role', async () => {
    const [person] = people(1) as [Person];
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const own = await temporal.client.workflow.start('onboardUser', {
      workflowId: onboardingId(person.email),
      taskQueue: temporal.taskQueue,
      args: [{ ...person, portal: portal.url, roleWindow: 0, lookUpBeforeCreate: false }],
    });
    await portal.reached('POST /people', 'received');
    const batch = await started([{ ...person, role: 'Manager' }], { onboardedElsewhere: new Set([person.email]) });
    await expect.poll(async () => (await batch.query(batchStatus)).counts.running).toBe(1);
    await portal.release();
    expect(await batch.result()).toMatchObject({ state: 'onboarded' });
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    expect(await typeOf(person.email)).toBe('RoomAdmin');
  });

  it('whose onboarding at another portal is open fails, and nothing changes there', async () => {
    const [person] = people(1, 'RoomAdmin') as [Person];
    await createdByHand(person.email);
    const elsewhere = await temporal.client.workflow.start('onboardUser', {
      workflowId: onboardingId(person.email),
      taskQueue: temporal.taskQueue,
      args: [{ ...person, role: 'User', portal: 'https://other.example.com', roleWindow: 0 }],
    });
    const outcome = await imported([person], { options: { ...options, existing: 'adopt' } });
    expect(await resultsOf(outcome)).toMatchObject([
      { state: 'failed', message: expect.stringContaining('https://other.example.com') },
    ]);
    expect(await elsewhere.query('status')).toMatchObject({ requestedRole: 'User', roleChanges: [] });
    await elsewhere.terminate();
  });
});

describe('a chunk hands over somebody whom another command changes', () => {
  it('before it reaches them', async () => {
    const of = people(2);
    const email = of[0]?.email ?? '';
    await portal.faults({ route: 'GET /people/filter', times: 1, does: { kind: 'hold' } });
    const batch = await started(of);
    await portal.reached('GET /people/filter', 'received');
    await (await claim(batch, email)).result();
    await portal.release();
    expect(await batch.result()).toMatchObject({ counts: { onboarded: 2 } });
    expect(await temporal.client.workflow.getHandle(onboardingId(email)).result()).toMatchObject({ created: true });
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('once the create in progress has ended', async () => {
    const of = people(2, 'RoomAdmin');
    const email = of[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', about: email, times: 1, does: { kind: 'hold' } });
    const batch = await started(of);
    await portal.reached('POST /people', 'received', 2);
    const claimed = await claim(batch, email);
    await portal.release();
    await claimed.result();
    expect(await batch.result()).toMatchObject({ counts: { onboarded: 2 } });
    expect(await temporal.client.workflow.getHandle(onboardingId(email)).result()).toMatchObject({
      created: true,
      role: 'RoomAdmin',
    });
  });

  it('not at all once they are onboarded', async () => {
    const of = people(1);
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const batch = await started([...of, ...people(60)]);
    await portal.reached('POST /people', 'received', 1);
    await portal.release();
    await batch.result();
    await expect(temporal.client.workflow.getHandle(onboardingId(of[0]?.email ?? '')).describe()).rejects.toThrow(
      'not found',
    );
  });

  /** Resolves once the chunk has the claim. Its result comes when the chunk has handed the person over. */
  function claim(batch: BatchHandle, email: string): Promise<WorkflowUpdateHandle<void>> {
    const chunk = temporal.client.workflow.getHandle<typeof onboardChunk>(chunkId(batch.workflowId, 0));
    return chunk.startUpdate(untilHandedOver, { args: [[email]], waitForStage: 'ACCEPTED' });
  }
});

it('a batch continues after hand-made messages with any payload', async () => {
  const of = people(1);
  await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
  const batch = await started(of);
  await portal.reached('POST /people', 'received');
  const chunk = temporal.client.workflow.getHandle(chunkId(batch.workflowId, 0));
  for (const run of [batch, chunk]) {
    for (const signal of [chunkProgress, personSettled, handOver, startChunk, retry]) {
      await run.signal(signal.name);
      await run.signal(signal.name, 7);
    }
  }
  await expect(chunk.executeUpdate(untilHandedOver.name, { args: [7] })).rejects.toThrow('Workflow Update failed');
  await portal.release();
  expect(await batch.result()).toMatchObject({ state: 'onboarded' });
});

describe('a portal that refuses everybody', () => {
  it('pauses the batch as a whole, and `retry` continues it', async () => {
    const of = people(10);
    await portal.faults({ route: 'POST /people', does: { kind: 'answer', status: 401, headers: {}, body: '' } });
    const handle = await started(of);
    await expect
      .poll(() => handle.query('status'))
      .toMatchObject({ state: 'needs-attention', attention: { reason: 'api-key' } });
    await portal.faults();
    await handle.signal(retry);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', attention: null, counts: { onboarded: 10 } });
  });

  it('because the worker serves another one pauses the batch, and hands over nobody', async () => {
    const of = people(3);
    const session = temporal.session('https://other.example.com');
    const handle = await startBatch(session, idOfBatch(session, of, options), { people: of, options });
    await expect
      .poll(() => handle.query(batchStatus))
      .toMatchObject({
        state: 'needs-attention',
        attention: { reason: 'wrong-portal' },
        counts: { 'needs-attention': 0 },
      });
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ state: 'cancelled', counts: { cancelled: 3 } });
  });

  it('until the next day makes the batch wait, and nobody fails', async () => {
    const limited = await TestPortal.start({ limits: { perDay: 15, day: 3_000 } });
    const worker = await TestTemporal.start(limited.as(), settleWindow);
    const of = people(20, 'RoomAdmin');
    const session = worker.session(limited.url);
    const handle = await startBatch(session, idOfBatch(session, of, options), { people: of, options });
    expect(await handle.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 20 } });
    expect((await limited.people()).filter(({ email }) => of.some((each) => each.email === email))).toHaveLength(20);
    await worker.stop();
    await limited.close();
  });
});

it('a batch with a long history continues as new, and knows how far each chunk is', async () => {
  const server = await startServer('limit.historyCount.suggestContinueAsNew=60');
  const own = await TestTemporal.start(portal.as(), settleWindow, undefined, { address: server.address });
  const of = people(chunkSize + 1);
  await portal.faults({ route: 'POST /people', about: of[chunkSize]?.email ?? '', does: { kind: 'hold' } });
  const handle = await startBatch(own.session(portal.url), 'batch:long', { people: of, options });
  const { runId } = await handle.describe();
  await expect.poll(async () => (await handle.query(batchStatus)).counts.onboarded).toBe(chunkSize);
  const counts = { ...noCounts, running: 1 };
  const report: ChunkReport = { chunk: 1, runId: '', counts, attention: null, isIdle: false };
  const isNew = async (): Promise<boolean> => {
    await handle.signal(chunkProgress, report);
    return (await handle.describe()).runId !== runId;
  };
  await expect.poll(isNew).toBe(true);
  await portal.faults();
  await portal.release();
  expect(await handle.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: chunkSize + 1 } });
  await own.stop();
  await server.teardown();
});

describe('the end of a batch', () => {
  /** Starts a batch, and holds one create in each of its first groups, so the group waits. */
  async function startedWithHeldGroups(of: Person[], indexes: number[]): Promise<BatchHandle> {
    const does = { kind: 'hold' } as const;
    await portal.faults(...indexes.map((index) => ({ route: 'POST /people', about: of[index]?.email ?? '', does })));
    const handle = await started(of);
    await portal.reached('POST /people', 'held', indexes.length);
    return handle;
  }

  it('after its cancellation shows what the portal has', async () => {
    const of = people(2 * chunkSize);
    const handle = await startedWithHeldGroups(of, [0, groupSize, chunkSize, chunkSize + groupSize]);
    await handle.cancel();
    for (const chunk of [0, 1]) {
      const own = temporal.client.workflow.getHandle(chunkId(handle.workflowId, chunk));
      const isCancelled = async (): Promise<boolean | undefined> =>
        (await own.fetchHistory()).events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes);
      await expect.poll(isCancelled).toBe(true);
    }
    await portal.faults();
    await portal.release();
    const outcome = await handle.result();
    expect(outcome.state).toBe('cancelled');
    const accounts = await portal.people();
    const made = of.filter(({ email }) => accounts.some((account) => account.email === email));
    const results = await resultsOf(outcome);
    expect(results.filter(({ created }) => created)).toHaveLength(made.length);
    expect(made.length).toBeLessThanOrEqual(200);
    expect(results.every(({ state }) => state === 'cancelled')).toBe(true);
  });

  it('comes even if somebody terminated a chunk, whose people count as failed', async () => {
    const taskQueue = crypto.randomUUID();
    const handle = await started(people(2), {}, taskQueue);
    await temporal.client.workflow.getHandle(chunkId(handle.workflowId, 0)).terminate('by hand');
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    expect(await handle.result()).toMatchObject({ state: 'failed', counts: { failed: 2 } });
    await worker.stop();
  });

  it('keeps the results when the server deletes the chunks', async () => {
    const of = people(3, 'RoomAdmin');
    const outcome = await imported(of);
    const workflowExecution = { workflowId: chunkId(outcome.batchId, 0), runId: outcome.chunks[0] ?? '' };
    // The server deletes in the background, and puts a request off for minutes if the run closed less than a minute ago.
    const isGone = async (): Promise<boolean> => {
      try {
        await temporal.client.workflowService.deleteWorkflowExecution({ namespace: 'default', workflowExecution });
        return false;
      } catch (error) {
        if (grpcErrorIn(error)?.code === grpcCodes.notFound) return true;
        throw error;
      }
    };
    const results = await resultsOf(outcome);
    await expect.poll(isGone, { interval: 1_000, timeout: 150_000 }).toBe(true);
    expect(await resultsOf(outcome)).toEqual(results.map((result) => ({ ...result, email: '' })));
    expect(results).toMatchObject(of.map(() => ({ role: 'RoomAdmin', userId: expect.any(String) })));
  });

  it('of 10,000 people who all fail fits into a payload of the server', async () => {
    const taskQueue = crypto.randomUUID();
    const chunks = 10_000 / chunkSize;
    const handle = await temporal.client.workflow.start<typeof onboardBatch>('onboardBatch', {
      workflowId: `batch:${taskQueue}`,
      taskQueue,
      args: [{ portal: portal.url, people: 10_000, chunks }],
    });
    for (let chunk = 0; chunk < chunks; chunk++) {
      const failed = Array.from({ length: chunkSize }, (_, place): PersonResult => {
        const message = `${place}: an account with this e-mail already exists, and this onboarding did not create it`;
        return { email: `firstname.lastname${chunk}.${place}@example.com`, state: 'failed', role: 'User', message };
      });
      const counts = { ...noCounts, failed: chunkSize };
      const report: ChunkReport = { chunk, runId: '', counts, attention: null, isIdle: false };
      await handle.signal(chunkProgress, { ...report, results: compactResults(failed) });
    }
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    const outcome = await handle.result();
    expect(outcome.counts).toEqual({ ...noCounts, failed: 10_000 });
    expect(expandResults(outcome.results.at(-1) ?? [])).toHaveLength(chunkSize);
    await worker.stop();
  });

  it('of a chunk without a batch comes by itself, without a call', async () => {
    const before = (await portal.ledger()).length;
    const batch = `batch:none-${temporal.taskQueue}`;
    const handle = await temporal.skipping.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, chunk: 0, people: people(2), options }],
    });
    expect(await handle.result()).toMatchObject({ counts: { cancelled: 2 } });
    expect(await portal.ledger()).toHaveLength(before);
  });

  it('does not come for a chunk whose batch is open, however late the chunk is started', async () => {
    const of = people(2);
    const batch = `batch:late-${temporal.taskQueue}`;
    const open = await temporal.client.workflow.start<typeof onboardBatch>('onboardBatch', {
      workflowId: batch,
      taskQueue: crypto.randomUUID(), // no worker runs it
      args: [{ portal: portal.url, people: 2, chunks: 1 }],
    });
    const chunk = await temporal.skipping.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, chunk: 0, people: of, options }],
    });
    const hours = async (): Promise<number> =>
      (await chunk.fetchHistory()).events?.filter((event) => event.timerFiredEventAttributes).length ?? 0;
    await expect.poll(hours).toBeGreaterThanOrEqual(3);
    await chunk.signal(startChunk);
    expect(await chunk.result()).toMatchObject({ counts: { onboarded: 2 } });
    await open.terminate();
  });

  it('comes after a cancellation even if somebody terminated its chunk', async () => {
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
    const handle = await started(people(2));
    await portal.reached('POST /people', 'received', 2);
    await temporal.client.workflow.getHandle(chunkId(handle.workflowId, 0)).terminate('by hand');
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ state: 'cancelled', counts: { failed: 2 } });
    await portal.faults();
    await portal.release();
  });

  it('by termination leaves chunks, which a new start continues', async () => {
    const of = people(120, 'RoomAdmin');
    const first = await startedWithHeldGroups(of, [0, groupSize]);
    await first.terminate('by hand');
    await portal.faults();
    await portal.release();
    const outcome = await imported(of);
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 120 } });
    for (const { email } of of) expect(await typeOf(email)).toBe('RoomAdmin');
  });
});
