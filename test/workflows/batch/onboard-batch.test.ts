import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { idOfBatch, startBatch } from '../../../src/client/start-batch.js';
import {
  batchStatus,
  chunkId,
  chunkProgress,
  chunkSize,
  handOver,
  noCounts,
  personSettled,
  startChunk,
  untilHandedOver,
  type ChunkReport,
} from '../../../src/contract/batch.js';
import { onboardingId, retry } from '../../../src/contract/onboarding.js';
import type { Person } from '../../../src/people/person.js';
import type { onboardChunk } from '../../../src/workflows/batch/onboard-chunk.js';
import { batchOptions, type TestBatches } from '../../support/batches.js';
import { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { startServer, TestTemporal } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
let batches: TestBatches;
const settleWindowMs = 1_000;
setupPortalAndWorker('batch', (made) => ({ portal, temporal, batches } = made), { settleWindow: settleWindowMs });

/** The e-mails of the people who have their own onboarding. */
async function handedOver(of: Person[]): Promise<ReadonlySet<string>> {
  const { workflow } = temporal.client;
  const described = await Promise.allSettled(of.map(({ email }) => workflow.getHandle(onboardingId(email)).describe()));
  return new Set(of.flatMap(({ email }, index) => (described[index]?.status === 'fulfilled' ? [email] : [])));
}

describe('a batch of new people', () => {
  it('onboards more people than one chunk holds', async () => {
    const of = batches.people(chunkSize + 20);
    const outcome = await batches.importTwice(of);
    expect(outcome).toMatchObject({ state: 'onboarded', people: of.length, portal: portal.url });
    expect(outcome.counts).toEqual({ ...noCounts, onboarded: of.length });
    expect(outcome.chunks).toHaveLength(2);
    const hash = createHash('sha256')
      .update(of[0]?.email ?? '')
      .digest('hex')
      .slice(0, 7); // as docs/web-ui.md shows
    const query = `PersonHash = '${hash}' AND Batch = '${outcome.batchId}'`;
    const chunks = async (): Promise<number> => (await temporal.client.workflow.count(query)).count;
    await expect.poll(chunks).toBe(2); // the chunk of each import

    const accounts = await portal.people();
    for (const { email } of of) {
      const own = accounts.filter((account) => account.email === email);
      expect(own).toMatchObject([{ type: 'User', mails: 1, notes: expect.stringContaining(onboardingId(email)) }]);
    }
  });

  it('gives each person their role, and reports what the portal shows', async () => {
    const of = ['Guest', 'User', 'Manager', 'DocSpaceAdmin'].flatMap((role) => batches.people(2, { role }));
    const results = await batches.resultsOf(await batches.importTwice(of));
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
    const of = batches.people(100, { role: 'RoomAdmin' });
    const before = (await portal.ledger()).length;
    const { batchId } = await batches.importOnce('counts the calls', of);
    // A busy machine may lose an attempt, and the chunk then hands the person over.
    const others = await handedOver(of);
    const about = new Set((await portal.people()).flatMap(({ email, id }) => (others.has(email) ? [email, id] : [])));
    const calls = (await portal.ledger())
      .slice(before)
      .filter((line) => line.phase === 'received' && !about.has(line.about));
    const writes = calls.filter(({ route }) => !route.startsWith('GET'));
    expect(calls.length).toBeLessThanOrEqual(115 - others.size);
    expect(writes.length).toBeLessThanOrEqual(105 - others.size);
    const ignoredByThePortal = 'PUT /people/{id}'; // called once, to learn that
    expect((await portal.calls()).filter((each) => each === ignoredByThePortal)).toHaveLength(1);

    const { events } = await temporal.client.workflow.getHandle(chunkId(batchId, 0)).fetchHistory();
    const activities = (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    const names = new Set(activities.map(({ activityType }) => activityType?.name));
    expect(names).toEqual(new Set(['getUsers', 'createUser', 'updateUserRoles']));
    expect(new Set(activities.map(({ retryPolicy }) => retryPolicy?.maximumAttempts))).toEqual(new Set([20]));
  });

  it('keeps its history small', async () => {
    const outcome = await batches.importOnce('counts the events', batches.people(100));
    const chunk = temporal.client.workflow.getHandle(chunkId(outcome.batchId, 0));
    expect((await chunk.describe()).historyLength).toBeLessThanOrEqual(450);
  });

  it('sends no mail if none is wanted', async () => {
    const of = batches.people(2);
    await batches.importTwice(of, { options: { existing: 'fail', mail: false } });
    expect(await portal.withEmail(of[0]?.email ?? '')).toMatchObject([{ mails: 0 }]);
  });
});

describe('a batch of the same people', () => {
  it('is the same batch while it is open', async () => {
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' }, times: 1 });
    const of = batches.people(1);
    const first = await batches.start(of);
    await portal.reached('POST /people', 'received');
    const second = await batches.start(of);
    expect((await second.describe()).runId).toBe((await first.describe()).runId);
    await portal.release();
    expect(await second.result()).toMatchObject({ state: 'onboarded' });
    expect(await portal.withEmail(of[0]?.email ?? '')).toHaveLength(1);
  });

  it('changes nothing the second time, with one call for each group', async () => {
    const of = [...batches.people(30), ...batches.people(30, { role: 'RoomAdmin' })];
    await batches.importOnce('is repeated below', of);
    const before = (await portal.ledger()).length;
    const outcome = await batches.importOnce('is the second one', of);
    expect(outcome.counts).toEqual({ ...noCounts, onboarded: 60 });
    const calls = (await portal.ledger()).slice(before).filter(({ phase }) => phase === 'received');
    expect(calls.map(({ route }) => route)).toEqual(['GET /people/filter', 'GET /people/filter']);
    expect((await batches.resultsOf(outcome)).every(({ created }) => created === 'earlier')).toBe(true);
  });

  it('creates only those who are new', async () => {
    const of = batches.people(3);
    await batches.importTwice(of.slice(0, 2));
    const before = (await portal.ledger()).length;
    expect((await batches.importTwice(of)).counts).toMatchObject({ onboarded: 3 });
    const lines = (await portal.ledger()).slice(before).filter(({ phase }) => phase === 'received');
    const writes = lines.filter(({ route }) => !route.startsWith('GET'));
    expect(writes.map(({ route, about }) => [route, about])).toEqual([['POST /people', of[2]?.email]]);
  });

  it('continues with the chunks of a starter that was killed', async () => {
    const of = batches.people(chunkSize + 1);
    const batch = idOfBatch(temporal.session(portal.url), of, batchOptions);
    const left = await temporal.client.workflow.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, chunk: 0, people: of.slice(0, chunkSize), options: batchOptions }],
    });
    const outcome = await batches.importTwice(of);
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: chunkSize + 1 } });
    expect(outcome.chunks[0]).toBe(left.firstExecutionRunId);
  });
});

it('a batch continues after hand-made messages with any payload', async () => {
  const of = batches.people(1);
  await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
  const batch = await batches.start(of);
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
    const of = batches.people(10);
    await portal.faults({ route: 'POST /people', does: { kind: 'answer', status: 401, headers: {}, body: '' } });
    const handle = await batches.start(of);
    await expect
      .poll(() => handle.query('status'))
      .toMatchObject({ state: 'needs-attention', attention: { reason: 'api-key' } });
    await portal.faults();
    await handle.signal(retry);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', attention: null, counts: { onboarded: 10 } });
  });

  it.each([
    ['created', 'POST /people', []],
    ['raised', 'PUT /people/type/{type}', [{ type: 'User' }]],
  ])('pauses the batch, and a person who is cancelled meanwhile is not %s', async (_, route, left) => {
    const of = batches.people(3, { role: 'RoomAdmin' });
    const email = of[1]?.email ?? '';
    await portal.faults({ route, does: { kind: 'answer', status: 401, headers: {}, body: '' } });
    const handle = await batches.start(of);
    await expect.poll(() => handle.query(batchStatus)).toMatchObject({ attention: { reason: 'api-key' } });
    const chunk = temporal.client.workflow.getHandle<typeof onboardChunk>(chunkId(handle.workflowId, 0));
    await chunk.executeUpdate(untilHandedOver, { args: [[email], true] });
    await portal.faults();
    await handle.signal(retry);
    expect(await handle.result()).toMatchObject({ counts: { onboarded: 2, cancelled: 1 } });
    expect(await portal.withEmail(email)).toMatchObject(left);
  });

  it('because the worker serves another one pauses the batch, and hands over nobody', async () => {
    const of = batches.people(3);
    const session = temporal.session('https://other.example.com');
    const handle = await startBatch(session, idOfBatch(session, of, batchOptions), {
      people: of,
      options: batchOptions,
    });
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
    const worker = await TestTemporal.start(limited.as(), settleWindowMs);
    const of = batches.people(20, { role: 'RoomAdmin' });
    const session = worker.session(limited.url);
    const handle = await startBatch(session, idOfBatch(session, of, batchOptions), {
      people: of,
      options: batchOptions,
    });
    expect(await handle.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 20 } });
    expect((await limited.people()).filter(({ email }) => of.some((each) => each.email === email))).toHaveLength(20);
    await worker.stop();
    await limited.close();
  });
});

it('a batch with a long history continues as new, and knows how far each chunk is', async () => {
  const server = await startServer('limit.historyCount.suggestContinueAsNew=60');
  const own = await TestTemporal.start(portal.as(), settleWindowMs, undefined, { address: server.address });
  const of = batches.people(chunkSize + 1);
  await portal.faults({ route: 'POST /people', about: of[chunkSize]?.email ?? '', does: { kind: 'hold' } });
  const handle = await startBatch(own.session(portal.url), 'batch:long', { people: of, options: batchOptions });
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
