import { describe, expect, it } from 'vitest';
import { idOfBatch, startBatch, type BatchHandle, type BatchRequest } from '../../../src/client/start-batch.js';
import { WorkflowIds } from '../../../src/codec/workflow-ids.js';
import type { Person } from '../../../src/people/person.js';
import {
  batchStatus,
  noCounts,
  chunkId,
  report,
  type BatchOutcome,
  type ChunkOutcome,
  type ChunkReport,
} from '../../../src/contract/batch.js';
import { onboardingId, retry, status } from '../../../src/contract/onboarding.js';
import type { onboardChunk } from '../../../src/workflows/batch/onboard-chunk.js';
import { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { TestTemporal } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
setupPortalAndWorker('person', (made) => ({ portal, temporal } = made));

const unencrypted = (url: string) => ({ portal: url, workflowIds: new WorkflowIds(undefined) });

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

async function started(
  of: Person[],
  request: Partial<BatchRequest> = {},
  { taskQueue }: { taskQueue: string } = temporal,
): Promise<BatchHandle> {
  const options = request.options ?? { existing: 'fail', mail: true };
  const id = idOfBatch(unencrypted(portal.url), of, options);
  return startBatch(temporal.session(portal.url, taskQueue), id, {
    people: of,
    options,
    seen: new Set(),
    lookUpBeforeCreate: false,
    ...request,
  });
}

async function partOf(batch: BatchOutcome, part = 0): Promise<ChunkOutcome> {
  return temporal.client.workflow.getHandle(chunkId(batch.batchId, part), batch.parts[part] ?? '').result();
}

const refusal = (code: number): { kind: 'answer'; status: number; body: string } => ({
  kind: 'answer',
  status: code,
  body: JSON.stringify({ error: { message: 'no' }, status: 1, statusCode: code }),
});

describe('a batch', () => {
  it('of more people than a part holds takes everybody through the three steps', async () => {
    const of = people(320);
    const outcome = await (await started(of)).result();
    expect(outcome).toMatchObject({ state: 'onboarded', people: 320, portal: portal.url });
    expect(outcome.counts).toMatchObject({ onboarded: 320, waiting: 0, running: 0, failed: 0 });
    expect(outcome.parts).toHaveLength(2);
    const accounts = await portal.people();
    for (const { email } of of) {
      const own = accounts.filter((account) => account.email === email);
      expect(own).toMatchObject([{ type: 'User', mails: 1, notes: expect.stringContaining(onboardingId(email)) }]);
    }
  });

  it('gives each person their role, and says what the portal shows', async () => {
    const of = ['Guest', 'User', 'Manager', 'DocSpaceAdmin'].flatMap((role) => people(2, role));
    const outcome = await (await started(of)).result();
    const { people: results } = await partOf(outcome);
    expect(results.map(({ state, role, created }) => [state, role, created])).toEqual(
      ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'].flatMap((role) => [1, 2].map(() => ['onboarded', role, true])),
    );
    for (const [index, { userId }] of results.entries()) {
      expect(await portal.withEmail(of[index]?.email ?? '')).toMatchObject([
        { id: userId, type: results[index]?.role },
      ]);
    }
  });

  it('keeps its history small: ten events for each person', async () => {
    const outcome = await (await started(people(100))).result();
    const part = temporal.client.workflow.getHandle(chunkId(outcome.batchId, 0));
    expect((await part.describe()).historyLength).toBeLessThanOrEqual(10 * 100 + 40);
  });

  it('sends no mail where none is wanted', async () => {
    const of = people(2);
    await (await started(of, { options: { existing: 'fail', mail: false } })).result();
    expect(await portal.withEmail(of[0]?.email ?? '')).toMatchObject([{ mails: 0 }]);
  });

  it('of the same people is the same batch while it is open', async () => {
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

  it('goes on with the parts of a starter that was killed before the batch was there', async () => {
    const of = people(301);
    const options = { existing: 'fail', mail: true } as const;
    const batch = idOfBatch(unencrypted(portal.url), of, options);
    const left = await temporal.client.workflow.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, part: 0, people: of.slice(0, 300), options }],
    });
    const outcome = await (await started(of)).result();
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 301 } });
    expect(outcome.parts[0]).toBe(left.firstExecutionRunId);
  });

  it('of people who were seen before writes nothing for those who are there', async () => {
    const of = people(3);
    await (await started(of.slice(0, 2))).result();
    const before = (await portal.ledger()).length;
    const outcome = await (await started(of, { seen: new Set(of.map(({ email }) => email)) })).result();
    expect(outcome.counts).toMatchObject({ onboarded: 3 });
    const lines = (await portal.ledger()).slice(before).filter(({ phase }) => phase === 'received');
    const writes = lines.filter(({ route }) => !route.startsWith('GET'));
    expect(writes.map(({ route, about }) => [route, about])).toEqual([['POST /people', of[2]?.email]]);
  });
});

it('a batch that outgrows its history goes on as a new run, and knows how far each part is', async () => {
  const of = people(301);
  await portal.faults({ route: 'POST /people', about: of[300]?.email ?? '', does: { kind: 'hold' } });
  const handle = await started(of);
  const { runId } = await handle.describe();
  await expect.poll(async () => (await handle.query(batchStatus)).counts.onboarded, { timeout: 30_000 }).toBe(300);
  // What a part says now and then, as often as many parts would.
  const said: ChunkReport = {
    part: 1,
    runId: '',
    counts: { ...noCounts, running: 1 },
    attention: null,
    closed: false,
  };
  for (let sent = 0; sent < 4_200; sent += 100) {
    await Promise.all(Array.from({ length: 100 }, () => handle.signal(report, said)));
    await handle.query(batchStatus); // taken, before more come
  }
  await expect.poll(async () => (await handle.describe()).runId, { timeout: 30_000 }).not.toBe(runId);
  await portal.release();
  expect(await handle.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 301 } });
});

describe('a person who leaves the plain way', () => {
  it('and needs attention gets an onboarding of their own, which knows what is known', async () => {
    const of = people(3, 'RoomAdmin');
    const [, poor] = of;
    await portal.faults({ route: 'PUT /people/type/{type}', times: 1, does: refusal(402) });
    const outcome = await (await started(of)).result();
    expect(outcome).toMatchObject({ state: 'needs-attention', counts: { onboarded: 2, 'needs-attention': 1 } });
    const { people: results } = await partOf(outcome);
    const index = results.findIndex(({ state }) => state === 'needs-attention');
    expect(results[index]).toMatchObject({ role: 'User', created: true, message: expect.stringContaining('seat') });

    const email = of[index]?.email ?? poor?.email ?? '';
    const own = temporal.client.workflow.getHandle(onboardingId(email));
    expect(await own.query(status)).toMatchObject({
      state: 'needs-attention',
      userId: results[index]?.userId,
      role: 'User',
      created: true,
      attention: { reason: 'quota' },
      steps: { create: { state: 'done' }, get: { state: 'done' }, updateRole: { state: 'waiting' } },
    });
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin', created: true });
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'RoomAdmin' }]);
  });

  it('whose own onboarding is open already has that one signalled', async () => {
    const [person] = people(1) as [Person];
    await portal.faults({ route: 'POST /people', times: 2, does: refusal(402) });
    const own = await temporal.client.workflow.start('onboardUser', {
      workflowId: onboardingId(person.email),
      taskQueue: temporal.taskQueue,
      args: [{ ...person, portal: portal.url, roleWindow: 0 }],
    });
    await portal.reached('POST /people', 'answered');
    const outcome = await (await started([{ ...person, role: 'Manager' }])).result();
    expect(outcome).toMatchObject({ state: 'needs-attention' });
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    expect(await portal.withEmail(person.email)).toHaveLength(1);
  });

  it('has failed where the account is somebody else’s, and the others go on', async () => {
    const of = people(3, 'RoomAdmin');
    const email = of[1]?.email ?? '';
    await portal.as().createUser({ firstName: 'Some', lastName: 'One', email, type: 'User', comment: '' });
    const outcome = await (await started(of)).result();
    expect(outcome).toMatchObject({ state: 'failed', counts: { onboarded: 2, failed: 1 } });
    const { people: results } = await partOf(outcome);
    expect(results[1]).toMatchObject({ state: 'failed', message: expect.stringContaining('--existing adopt') });
    expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  });
});

describe('a portal that refuses everybody', () => {
  it('pauses the batch as a whole, and `retry` goes on with it', async () => {
    const of = people(10);
    await portal.faults({ route: 'POST /people', does: { kind: 'answer', status: 401, headers: {}, body: '' } });
    const handle = await started(of);
    await expect
      .poll(() => handle.query('status'), { timeout: 20_000 })
      .toMatchObject({ state: 'needs-attention', attention: { reason: 'api-key' } });
    await portal.faults();
    await handle.signal(retry);
    expect(await handle.result()).toMatchObject({ state: 'onboarded', attention: null, counts: { onboarded: 10 } });
  });
});

it('a worker of another portal makes the batch wait as a whole, and hands over nobody', async () => {
  const of = people(3);
  const session = temporal.session('https://other.example.com');
  const options = { existing: 'fail', mail: true } as const;
  const id = idOfBatch(unencrypted(session.portal), of, options);
  const handle = await startBatch(session, id, { people: of, options, seen: new Set(), lookUpBeforeCreate: false });
  await expect
    .poll(() => handle.query(batchStatus), { timeout: 20_000 })
    .toMatchObject({
      state: 'needs-attention',
      attention: { reason: 'wrong-portal' },
      counts: { 'needs-attention': 0 },
    });
  await handle.cancel();
  expect(await handle.result()).toMatchObject({ state: 'cancelled', counts: { cancelled: 3 } });
});

it('a portal whose writes of a day run out makes the batch wait for the next one, and nobody fails', async () => {
  const limited = await TestPortal.start({ limits: { perDay: 15, day: 3_000 } });
  const worker = await TestTemporal.start(limited.as());
  const of = people(10, 'RoomAdmin');
  const options = { existing: 'fail', mail: true } as const;
  const session = worker.session(limited.url);
  const id = idOfBatch(unencrypted(limited.url), of, options);
  const handle = await startBatch(session, id, { people: of, options, seen: new Set(), lookUpBeforeCreate: false });
  expect(await handle.result()).toMatchObject({ state: 'onboarded', counts: { onboarded: 10 } });
  expect((await limited.people()).filter(({ email }) => of.some((each) => each.email === email))).toHaveLength(10);
  expect((await limited.calls('answered')).length).toBeGreaterThan(40);
  await worker.stop();
  await limited.close();
});

describe('the end of a batch', () => {
  it('comes by cancellation: who is on the way is seen through, and nobody else is begun with', async () => {
    const of = people(400);
    await portal.faults({ route: 'POST /people', does: { kind: 'hold' } });
    const handle = await started(of);
    await portal.reached('POST /people', 'received', 50);
    await handle.cancel();
    for (const part of [0, 1]) {
      const own = temporal.client.workflow.getHandle(chunkId(handle.workflowId, part));
      const asked = async (): Promise<boolean | undefined> =>
        (await own.fetchHistory()).events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes);
      await expect.poll(asked, { timeout: 20_000 }).toBe(true);
    }
    await portal.faults();
    await portal.release();
    const outcome = await handle.result();
    expect(outcome.state).toBe('cancelled');
    const accounts = await portal.people();
    const made = of.filter(({ email }) => accounts.some((account) => account.email === email));
    const results = (await Promise.all([partOf(outcome, 0), partOf(outcome, 1)])).flatMap((each) => each.people);
    expect(results.filter(({ created }) => created)).toHaveLength(made.length);
    expect(made.length).toBeLessThanOrEqual(100);
    expect(results.every(({ state }) => state === 'cancelled')).toBe(true);
  });

  it('comes although somebody has terminated a part: its people count as failed', async () => {
    const taskQueue = crypto.randomUUID();
    const handle = await started(people(2), {}, { taskQueue });
    await temporal.client.workflow.getHandle(chunkId(handle.workflowId, 0)).terminate('by hand');
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    expect(await handle.result()).toMatchObject({ state: 'failed', counts: { failed: 2 } });
    await worker.stop();
  });

  it('of a part that no batch begins with comes by itself, without a call', async () => {
    const before = (await portal.ledger()).length;
    const batch = `batch:none-${temporal.taskQueue}`;
    const handle = await temporal.skipping.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, part: 0, people: people(2), options: { existing: 'fail', mail: true } }],
    });
    expect(await handle.result()).toMatchObject({ closed: true, counts: { cancelled: 2 } });
    expect(await portal.ledger()).toHaveLength(before);
  });
});
