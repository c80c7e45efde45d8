import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Running } from '../support/starter.js';
import { handsOverStep } from './messages.js';
import { Stage } from './stage.js';

/**
 * A worker is suspended for longer than the server waits, and resumes after another worker has done its work. None of its
 * writes may reach the portal.
 */

let stage: Stage;
let taskQueue: string;
let email: string;

beforeAll(async () => {
  stage = await Stage.open();
});

beforeEach(() => {
  taskQueue = `stopped-worker-${randomUUID()}`;
  email = `${randomUUID()}@example.com`;
});

afterAll(() => stage.close());

/** Without a settle window, only the lease keeps the first worker from posting. */
const startWorker = (): Promise<Running> => stage.startWorker(taskQueue, { SETTLE_WINDOW: '1ms', LOG_LEVEL: 'debug' });

/** Either the lease expired, or the server's answer to a heartbeat came first. */
const heldBack = /the worker (was suspended|has lost contact)|Activity completed as cancelled/;

const onboard = (role: string): Running =>
  stage.starter(taskQueue, ['onboard', '--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', role]);

/** The writes about this person that reached the portal. */
async function writes(): Promise<string[]> {
  const { portal } = stage;
  const [{ id } = { id: '' }] = await portal.withEmail(email);
  return (await portal.ledger())
    .filter(
      ({ phase, about, route }) => phase === 'received' && [email, id].includes(about) && !route.startsWith('GET'),
    )
    .map(({ route }) => route);
}

/** Suspends a worker, and drops its open polls, so other workers get its tasks at once. */
function stop(worker: Running): void {
  worker.child.kill('SIGSTOP');
  stage.workerRelay.dropPolls();
}

/** Resumes the suspended worker until it has nothing left to do. */
async function wake(suspended: Running): Promise<void> {
  suspended.child.kill('SIGCONT');
  expect((await suspended.kill('SIGTERM')).code).toBe(0);
}

it('a worker suspended between look-up and create creates nobody', async () => {
  const { portal } = stage;
  await portal.faults(
    { route: 'POST /people', times: 1, does: { kind: 'reset' } },
    { route: 'GET /people/email', times: 1, does: { kind: 'hold' } },
  );
  const suspended = await startWorker();
  const starter = onboard('User');
  await portal.reached('GET /people/email', 'received');
  stop(suspended);
  await portal.release(); // the answer "not found" is waiting for it
  const other = await startWorker();
  expect((await starter.finished).code).toBe(0);

  await wake(suspended);
  expect(suspended.stderr).toMatch(heldBack);
  expect(await writes()).toEqual(['POST /people', 'POST /people']);
  await other.kill('SIGTERM');
});

it('a worker suspended between reading and changing a role undoes nothing', async () => {
  const { portal } = stage;
  await portal.faults();
  const suspended = await startWorker();
  await portal.reached('GET /people/{id}', 'answered'); // the worker has checked its key
  await portal.faults(
    { route: 'PUT /people/{id}', times: 1, does: { kind: 'reset' } },
    // The first read belongs to the step get.
    { route: 'GET /people/{id}', when: 'after', times: 1, does: { kind: 'huge', bytes: 1 } },
    { route: 'GET /people/{id}', when: 'after', times: 1, does: { kind: 'hold' } },
  );
  const starter = onboard('RoomAdmin');
  await portal.reached('GET /people/{id}', 'held');
  stop(suspended);
  await portal.release();
  const other = await startWorker();
  expect((await starter.finished).code).toBe(0);
  expect((await stage.starter(taskQueue, ['role', email, 'User']).finished).code).toBe(0);
  const before = await writes();

  await wake(suspended);
  expect(suspended.stderr).toMatch(heldBack);
  expect(await writes()).toEqual(before);
  expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  await other.kill('SIGTERM');
});

it('a step assigned to a suspended worker does not start there', async () => {
  const { portal, workerRelay } = stage;
  await portal.faults();
  const suspended = await startWorker();
  const handed = workerRelay.holdBack(handsOverStep).reached;
  const starter = onboard('User');
  await handed;
  stop(suspended);
  workerRelay.release(); // the step is in its socket buffer
  const other = await startWorker();
  expect((await starter.finished).code).toBe(0);

  await wake(suspended);
  expect(suspended.stderr).toMatch(heldBack);
  expect(await writes()).toEqual(['POST /people']);
  await other.kill('SIGTERM');
});
