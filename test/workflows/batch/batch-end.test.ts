import type { WorkflowHandle } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import type { BatchHandle } from '../../../src/client/start-batch.js';
import {
  chunkId,
  chunkProgress,
  chunkSize,
  groupSize,
  noCounts,
  startChunk,
  type ChunkReport,
  type PersonResult,
} from '../../../src/contract/batch.js';
import { compactResults, expandResults } from '../../../src/contract/kept-results.js';
import type { Person } from '../../../src/people/person.js';
import { grpcCodes, grpcErrorIn } from '../../../src/temporal/grpc-errors.js';
import type { onboardBatch } from '../../../src/workflows/batch/onboard-batch.js';
import type { onboardChunk } from '../../../src/workflows/batch/onboard-chunk.js';
import { batchOptions, type TestBatches } from '../../support/batches.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import { hasEvent, TestTemporal } from '../../support/temporal.js';

let portal: TestPortal;
let temporal: TestTemporal;
let batches: TestBatches;
setupPortalAndWorker('batch', (made) => ({ portal, temporal, batches } = made), { settleWindow: 1_000 });

describe('the end of a batch', () => {
  /** Starts a batch, and holds one create in each of its first groups, so the group waits. */
  async function startedWithHeldGroups(of: Person[], indexes: number[]): Promise<BatchHandle> {
    const does = { kind: 'hold' } as const;
    await portal.faults(...indexes.map((index) => ({ route: 'POST /people', about: of[index]?.email ?? '', does })));
    const handle = await batches.start(of);
    await portal.reached('POST /people', 'held', indexes.length);
    return handle;
  }

  /** How many creates of chunks ended without a result. */
  async function lostCreates(chunks: readonly WorkflowHandle[]): Promise<number> {
    const histories = await Promise.all(chunks.map((chunk) => chunk.fetchHistory()));
    const ends = ['activityTaskTimedOutEventAttributes', 'activityTaskCanceledEventAttributes'] as const;
    return histories.flatMap(({ events }) => events ?? []).filter((event) => ends.some((end) => event[end])).length;
  }

  it('after its cancellation shows what the portal has', async () => {
    const of = batches.people(2 * chunkSize);
    const handle = await startedWithHeldGroups(of, [0, groupSize, chunkSize, chunkSize + groupSize]);
    await handle.cancel();
    const chunks = [0, 1].map((chunk) => temporal.client.workflow.getHandle(chunkId(handle.workflowId, chunk)));
    for (const chunk of chunks)
      await expect.poll(() => hasEvent(chunk, 'workflowExecutionCancelRequestedEventAttributes')).toBe(true);
    await portal.faults();
    await portal.release();
    const outcome = await handle.result();
    expect(outcome.state).toBe('cancelled');
    const accounts = await portal.people();
    const made = of.filter(({ email }) => accounts.some((account) => account.email === email));
    const results = await batches.resultsOf(outcome);
    const shown = results.filter(({ created }) => created).map(({ email }) => email);
    const notShown = made.map(({ email }) => email).filter((email) => !shown.includes(email));
    // A busy machine may lose an attempt, and after the cancellation there is no other one.
    expect(notShown.length).toBeLessThanOrEqual(await lostCreates(chunks));
    expect(shown.length).toBe(made.length - notShown.length);
    expect(made.length).toBeLessThanOrEqual(200);
    expect(results.every(({ state }) => state === 'cancelled')).toBe(true);
  });

  it('comes even if somebody terminated a chunk, whose people count as failed', async () => {
    const taskQueue = crypto.randomUUID();
    const handle = await batches.start(batches.people(2), {}, taskQueue);
    await temporal.client.workflow.getHandle(chunkId(handle.workflowId, 0)).terminate('by hand');
    const worker = await TestTemporal.start(portal.as(), undefined, taskQueue);
    expect(await handle.result()).toMatchObject({ state: 'failed', counts: { failed: 2 } });
    await worker.stop();
  });

  it('keeps the results when the server deletes the chunks', async () => {
    const of = batches.people(3, { role: 'RoomAdmin' });
    const outcome = await batches.importTwice(of);
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
    const results = await batches.resultsOf(outcome);
    await expect.poll(isGone, { interval: 1_000, timeout: 150_000 }).toBe(true);
    expect(await batches.resultsOf(outcome)).toEqual(results.map((result) => ({ ...result, email: '' })));
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
      args: [{ portal: portal.url, batch, chunk: 0, people: batches.people(2), options: batchOptions }],
    });
    expect(await handle.result()).toMatchObject({ counts: { cancelled: 2 } });
    expect(await portal.ledger()).toHaveLength(before);
  });

  it('does not come for a chunk whose batch is open, however late the chunk is started', async () => {
    const of = batches.people(2);
    const batch = `batch:late-${temporal.taskQueue}`;
    const open = await temporal.client.workflow.start<typeof onboardBatch>('onboardBatch', {
      workflowId: batch,
      taskQueue: crypto.randomUUID(), // no worker runs it
      args: [{ portal: portal.url, people: 2, chunks: 1 }],
    });
    const chunk = await temporal.skipping.start<typeof onboardChunk>('onboardChunk', {
      workflowId: chunkId(batch, 0),
      taskQueue: temporal.taskQueue,
      args: [{ portal: portal.url, batch, chunk: 0, people: of, options: batchOptions }],
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
    const handle = await batches.start(batches.people(2));
    await portal.reached('POST /people', 'received', 2);
    await temporal.client.workflow.getHandle(chunkId(handle.workflowId, 0)).terminate('by hand');
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ state: 'cancelled', counts: { failed: 2 } });
    await portal.faults();
    await portal.release();
  });

  it('by termination leaves chunks, which a new start continues', async () => {
    const of = batches.people(120, { role: 'RoomAdmin' });
    const first = await startedWithHeldGroups(of, [0, groupSize]);
    await first.terminate('by hand');
    await portal.faults();
    await portal.release();
    const outcome = await batches.importTwice(of);
    expect(outcome).toMatchObject({ state: 'onboarded', counts: { onboarded: 120 } });
    for (const { email } of of) expect(await batches.typeOf(email)).toBe('RoomAdmin');
  });
});
