import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { splitAddress } from '../../src/temporal/connection.js';
import type { Running } from '../support/starter.js';
import { TcpRelay } from '../support/tcp-relay.js';
import { Stage } from './stage.js';

/**
 * The network between a worker and Temporal drops everything, while the portal still answers that worker. Another
 * worker takes over. Without a settle window, only the lease keeps the first one from writing.
 */

const taskQueue = 'cut-off-worker';

let stage: Stage;
let relay: TcpRelay;
let cutOff: Running;

beforeEach(async () => {
  stage = await Stage.open();
  relay = await TcpRelay.start(splitAddress(stage.address).port);
  cutOff = await startWorker({ TEMPORAL_ADDRESS: relay.address });
  await stage.portal.reached('GET /people/{id}', 'answered'); // the worker has checked its key
});

afterEach(async () => {
  relay.close();
  await stage.close();
});

/** Either the heartbeat before the write was lost, or the worker had already given up the step. */
const heldBack = /the worker has lost contact|not acknowledged a heartbeat|Activity completed as cancelled/;

function startWorker(env: Record<string, string> = {}): Promise<Running> {
  return stage.startWorker(taskQueue, { SETTLE_WINDOW: '1ms', LOG_LEVEL: 'debug', ...env });
}

function onboard(role: string): Running {
  const email = `${randomUUID()}@example.com`;
  const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', role];
  return stage.starter(taskQueue, ['onboard', ...person]);
}

/** The writes that have reached the portal. */
async function writes(): Promise<string[]> {
  return (await stage.portal.calls()).filter((route) => !route.startsWith('GET'));
}

it('a worker cut off from Temporal between look-up and create creates nobody', async () => {
  const { portal } = stage;
  await portal.faults(
    { route: 'POST /people', times: 1, does: { kind: 'reset' } },
    { route: 'GET /people/email', when: 'after', times: 1, does: { kind: 'hold' } },
  );
  const starter = onboard('User');
  await portal.reached('GET /people/email', 'held');
  relay.cut();
  await startWorker();
  expect((await starter.finished).code).toBe(0);
  expect(await writes()).toEqual(['POST /people', 'POST /people']);

  await portal.release(); // the answer "not found" reaches the worker
  await cutOff.prints(heldBack);
  expect(await writes()).toEqual(['POST /people', 'POST /people']);
  relay.restore();
  expect((await cutOff.kill('SIGTERM')).code).toBe(0);
  expect(await writes()).toEqual(['POST /people', 'POST /people']);
});

it('a worker cut off from Temporal during a write makes no further one', async () => {
  const { portal } = stage;
  await portal.faults({ route: 'PUT /people/{id}', when: 'after', times: 1, does: { kind: 'hold' } });
  const starter = onboard('RoomAdmin');
  await portal.reached('PUT /people/{id}', 'held');
  relay.cut();
  await startWorker();
  expect((await starter.finished).code).toBe(0);
  const before = await writes();
  expect(before.filter((route) => route === 'PUT /people/{id}')).toHaveLength(2);

  await portal.release(); // the portal ignores the documented call, so another write would follow
  await cutOff.prints(heldBack);
  relay.restore();
  expect((await cutOff.kill('SIGTERM')).code).toBe(0);
  expect(await writes()).toEqual(before);
});
