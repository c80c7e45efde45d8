import type { WorkflowHandle, WorkflowUpdateHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { BatchHandle } from '../../../src/client/start-batch.js';
import { batchStatus, chunkId, handOver, untilHandedOver } from '../../../src/contract/batch.js';
import { onboardingId, retry, status } from '../../../src/contract/onboarding.js';
import type { Person } from '../../../src/people/person.js';
import type { onboardChunk } from '../../../src/workflows/batch/onboard-chunk.js';
import { batchOptions, type TestBatches } from '../../support/batches.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import type { TestTemporal } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
let batches: TestBatches;
setupPortalAndWorker('handed-over', (made) => ({ portal, temporal, batches } = made), { settleWindow: 1_000 });

const promotion = 'PUT /people/type/{type}';

describe('a person whom a chunk cannot onboard itself', () => {
  it('gets an onboarding, which knows what the chunk knows', async () => {
    const of = batches.people(3, { role: 'RoomAdmin' });
    const noSeat = { kind: 'answer', status: 402, body: '{"status":1,"statusCode":402}' } as const;
    await portal.faults({ route: promotion, times: 2, does: noSeat });
    const outcome = await batches.importTwice(of);
    expect(outcome.counts).toMatchObject({ 'needs-attention': 1 });
    const results = await batches.resultsOf(outcome);
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
    expect(await batches.typeOf(email)).toBe('RoomAdmin');
  });

  it('whose create was lost is onboarded once', async () => {
    const of = batches.people(4, { role: 'RoomAdmin' });
    await portal.faults({ route: 'POST /people', when: 'after', times: 1, does: { kind: 'reset' } });
    const outcome = await batches.importTwice(of);
    expect(outcome.counts).toMatchObject({ onboarded: 4 });
    for (const { email } of of) expect(await batches.typeOf(email)).toBe('RoomAdmin');
  });

  it('whose create was answered by a proxy is onboarded once', async () => {
    const [person, existing] = batches.people(2, { role: 'RoomAdmin' }) as [Person, Person];
    await batches.importTwice([existing]);
    const does = { kind: 'answer', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } as const;
    await portal.faults({ route: 'POST /people', when: 'after', does }, { route: 'GET /people/email', does });
    expect(await batches.importOnce('needs attention', [person, existing])).toMatchObject({
      counts: { onboarded: 1, 'needs-attention': 1 },
    });
    await portal.faults();
    const own = temporal.client.workflow.getHandle(onboardingId(person.email));
    await own.signal(retry);
    expect(await own.result()).toMatchObject({ state: 'onboarded', created: true });
    expect(await batches.typeOf(person.email)).toBe('RoomAdmin');
  });

  it('whose role write was lost still gets the role', async () => {
    const of = batches.people(4, { role: 'RoomAdmin' });
    await portal.faults({ route: promotion, when: 'after', times: 1, does: { kind: 'reset' } });
    const outcome = await batches.importTwice(of);
    expect(outcome.counts).toMatchObject({ onboarded: 4 });
    for (const { email } of of) expect(await batches.typeOf(email)).toBe('RoomAdmin');
  });

  it('joins the onboarding that is open, which raises the role', async () => {
    const [person] = batches.people(1) as [Person];
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const own = await temporal.client.workflow.start('onboardUser', {
      workflowId: onboardingId(person.email),
      taskQueue: temporal.taskQueue,
      args: [{ ...person, portal: portal.url, roleWindow: 0, lookUpBeforeCreate: false }],
    });
    await portal.reached('POST /people', 'received');
    const batch = await batches.start([{ ...person, role: 'Manager' }], {
      onboardedElsewhere: new Set([person.email]),
    });
    await expect.poll(async () => (await batch.query(batchStatus)).counts.running).toBe(1);
    await portal.release();
    const outcome = await batch.result();
    expect(outcome).toMatchObject({ state: 'onboarded' });
    expect(await batches.resultsOf(outcome)).toMatchObject([{ role: 'RoomAdmin', created: 'earlier' }]);
    expect(await own.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });
    expect(await batches.typeOf(person.email)).toBe('RoomAdmin');
  });

  it('whose onboarding at another portal is open fails, and nothing changes there', async () => {
    const [person] = batches.people(1, { role: 'RoomAdmin' }) as [Person];
    await batches.createByHand(person);
    const elsewhere = await temporal.client.workflow.start('onboardUser', {
      workflowId: onboardingId(person.email),
      taskQueue: temporal.taskQueue,
      args: [{ ...person, role: 'User', portal: 'https://other.example.com', roleWindow: 0 }],
    });
    const outcome = await batches.importTwice([person], { options: { ...batchOptions, existing: 'adopt' } });
    expect(await batches.resultsOf(outcome)).toMatchObject([
      { state: 'failed', message: expect.stringContaining('https://other.example.com') },
    ]);
    expect(await elsewhere.query('status')).toMatchObject({ requestedRole: 'User', roleChanges: [] });
    await elsewhere.terminate();
  });
});

describe('a chunk hands over somebody whom another command changes', () => {
  it('before it reaches them', async () => {
    const of = batches.people(2);
    const email = of[0]?.email ?? '';
    await portal.faults({ route: 'GET /people/filter', times: 1, does: { kind: 'hold' } });
    const batch = await batches.start(of);
    await portal.reached('GET /people/filter', 'received');
    await (await claim(batch, email)).result();
    await portal.release();
    expect(await batch.result()).toMatchObject({ counts: { onboarded: 2 } });
    expect(await temporal.client.workflow.getHandle(onboardingId(email)).result()).toMatchObject({ created: true });
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('once the create in progress has ended', async () => {
    const of = batches.people(2, { role: 'RoomAdmin' });
    const email = of[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', about: email, times: 1, does: { kind: 'hold' } });
    const batch = await batches.start(of);
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

  it('not at all if the batch is cancelled meanwhile, and reports the others', async () => {
    const of = batches.people(2);
    const email = of[0]?.email ?? '';
    await portal.faults({ route: 'POST /people', about: email, times: 1, does: { kind: 'hold' } });
    const batch = await batches.start(of);
    await portal.reached('POST /people', 'held');
    const claimed = await claim(batch, email);
    await chunkOf(batch).signal(handOver, [email]);
    await batch.cancel();
    await claimed.result();
    await portal.release();
    const outcome = await batch.result();
    expect(outcome).toMatchObject({ state: 'cancelled', counts: { cancelled: 2 } });
    expect(await batches.resultsOf(outcome)).toMatchObject(of.map((person) => ({ email: person.email })));
  });

  it('not at all once they are onboarded', async () => {
    const of = batches.people(1);
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const batch = await batches.start([...of, ...batches.people(60)]);
    await portal.reached('POST /people', 'received', 1);
    await portal.release();
    await batch.result();
    await expect(temporal.client.workflow.getHandle(onboardingId(of[0]?.email ?? '')).describe()).rejects.toThrow(
      'not found',
    );
  });

  /** Resolves once the chunk has the claim. Its result comes when the chunk has handed the person over. */
  function claim(batch: BatchHandle, email: string): Promise<WorkflowUpdateHandle<void>> {
    return chunkOf(batch).startUpdate(untilHandedOver, { args: [[email]], waitForStage: 'ACCEPTED' });
  }

  function chunkOf({ workflowId }: BatchHandle): WorkflowHandle<typeof onboardChunk> {
    return temporal.client.workflow.getHandle<typeof onboardChunk>(chunkId(workflowId, 0));
  }
});
