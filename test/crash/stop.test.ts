import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onboardingId } from '../../src/contract/onboarding.js';
import type { Running } from '../support/starter.js';
import { Stage } from './stage.js';

/** Graceful shutdown of a worker: alone, and in a rolling restart under load. */

let stage: Stage;
let client: Client;
let taskQueue: string;

beforeAll(async () => {
  stage = await Stage.open();
  client = new Client({ connection: await Connection.connect({ address: stage.address }) });
});

beforeEach(async () => {
  taskQueue = `stop-${randomUUID()}`;
  await stage.portal.faults();
});

afterAll(async () => {
  await client.connection.close();
  await stage.close();
});

function person(): { email: string; flags: string[] } {
  const email = `${randomUUID()}@example.com`;
  return { email, flags: ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', 'User'] };
}

function onboard(): { email: string; running: Running } {
  const { email, flags } = person();
  return { email, running: stage.starter(taskQueue, ['onboard', ...flags]) };
}

async function callsAbout(email: string): Promise<string[]> {
  const lines = await stage.portal.ledger();
  return lines.filter(({ about, phase }) => about === email && phase === 'received').map(({ route }) => route);
}

describe('a worker that is asked to stop during a call', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s: waits for the answer, so no attempt is wasted', async (signal) => {
    await stage.portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const worker = await stage.startWorker(taskQueue);
    const { email, running } = onboard();
    await stage.portal.reached('POST /people', 'received');
    worker.child.kill(signal);
    await worker.prints(/worker stops/);
    await stage.portal.release();
    expect((await worker.finished).code).toBe(0);

    const next = await stage.startWorker(taskQueue);
    expect((await running.finished).code).toBe(0);
    expect(await callsAbout(email)).toEqual(['POST /people']);
    await next.kill('SIGTERM');
  });

  it('cancels a call that takes too long, and exits 0', async () => {
    await stage.portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hang' } });
    const worker = await stage.startWorker(taskQueue);
    const { email, running } = onboard();
    await stage.portal.reached('POST /people', 'received');
    expect((await worker.kill('SIGTERM')).code).toBe(0);

    const next = await stage.startWorker(taskQueue);
    expect((await running.finished).code).toBe(0);
    expect(await stage.portal.withEmail(email)).toHaveLength(1);
    await next.kill('SIGTERM');
  });

  it('stops at once on a second signal', async () => {
    await stage.portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const worker = await stage.startWorker(taskQueue);
    const { email, running } = onboard();
    await stage.portal.reached('POST /people', 'received');
    worker.child.kill('SIGTERM');
    await worker.prints(/worker stops/);
    worker.child.kill('SIGINT');
    await worker.finished;
    expect(worker.child.signalCode).toBe('SIGINT');

    await stage.portal.release();
    const next = await stage.startWorker(taskQueue);
    expect((await running.finished).code).toBe(0);
    expect(await stage.portal.withEmail(email)).toHaveLength(1);
    await next.kill('SIGTERM');
  });
});

describe('a worker that is asked to stop', () => {
  it('exits 0 before it is ready', async () => {
    const connecting = stage.workerRelay.holdBack(({ method }) => method === 'GetSystemInfo').reached;
    const worker = stage.spawnWorker(taskQueue);
    await connecting;
    worker.child.kill('SIGTERM');
    stage.workerRelay.release();
    expect((await worker.finished).code).toBe(0);
  });

  it('exits 0 if the server is gone, and drops what it cannot report', async () => {
    await stage.portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const worker = await stage.startWorker(taskQueue);
    const { email, flags } = person();
    const waiting = stage.starter(taskQueue, ['onboard', ...flags]);
    await stage.portal.reached('POST /people', 'received');
    await stage.killServer();
    worker.child.kill('SIGTERM');
    await worker.prints(/worker stops/);
    await stage.portal.release();
    expect((await worker.finished).code).toBe(0);

    await stage.startServer();
    await waiting.finished; // it may have timed out waiting for the server
    const next = await stage.startWorker(taskQueue);
    expect((await stage.starter(taskQueue, ['onboard', ...flags]).finished).code).toBe(0);
    expect(await stage.portal.withEmail(email)).toHaveLength(1);
    await next.kill('SIGTERM');
  });
});

// The SDK loses workflow tasks that a stopping worker holds; the server schedules them again after three seconds. With
// `frontend.enableCancelWorkerPollsOnShutdown` fewer are lost, but a worker whose server is gone then takes over a minute to stop.
it('a rolling restart under load fails no workflow task and repeats no write', async () => {
  const direct = { TEMPORAL_ADDRESS: stage.address };
  let workers = [await stage.startWorker(taskQueue, direct), await stage.startWorker(taskQueue, direct)];
  const emails = Array.from({ length: 60 }, () => `${randomUUID()}@example.com`);
  const input = {
    firstName: 'Jane',
    lastName: 'Roe',
    role: 'RoomAdmin',
    portal: stage.portal.url,
    roleWindow: 0,
    lookUpBeforeCreate: false,
  };
  const handles = await Promise.all(
    emails.map((email) =>
      client.workflow.start('onboardUser', {
        workflowTaskTimeout: '3s',
        workflowId: onboardingId(email),
        taskQueue,
        args: [{ ...input, email }],
      }),
    ),
  );
  for (const count of [15, 30, 45]) {
    await stage.portal.reached('POST /people', 'committed', count);
    const [oldest, other] = workers;
    const next = await stage.startWorker(taskQueue, direct);
    expect((await oldest?.kill('SIGTERM'))?.code).toBe(0);
    workers = [other!, next];
  }
  for (const handle of handles) expect(await handle.result()).toMatchObject({ state: 'onboarded', role: 'RoomAdmin' });

  const lines = (await stage.portal.ledger()).filter(({ phase }) => phase === 'received');
  for (const [email, handle] of emails.map((each, index) => [each, handles[index]] as const)) {
    const [account] = await stage.portal.withEmail(email);
    const about = lines.filter((line) => [email, account?.id].includes(line.about)).map(({ route }) => route);
    expect(about.filter((route) => route === 'POST /people')).toHaveLength(1);
    expect(about.filter((route) => route === 'PUT /people/type/{type}')).toHaveLength(1);
    const { events } = (await handle?.fetchHistory()) ?? {};
    expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  }
  await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
});
