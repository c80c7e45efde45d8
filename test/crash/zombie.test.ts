import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Running } from '../support/starter.js';
import { handsOverStep } from './messages.js';
import { Stage } from './stage.js';

/**
 * A worker that was stopped for longer than the server waits, and goes on: another one has done its work, and it does not
 * know. Not one write of its may reach the portal.
 */

let stage: Stage;
let taskQueue: string;
let email: string;

beforeAll(async () => {
  stage = await Stage.open();
});

beforeEach(() => {
  taskQueue = `zombie-${randomUUID()}`;
  email = `${randomUUID()}@example.com`;
});

afterAll(() => stage.close());

/** No settle window: only its being late keeps the first worker from posting. */
const startWorker = (): Promise<Running> => stage.startWorker(taskQueue, { SETTLE_WINDOW: '0', LOG_LEVEL: 'debug' });

/** It noticed by itself, or the server's answer to its heartbeat came before. */
const heldBack = /the worker had slept|Activity completed as cancelled/;

const onboard = (role: string): Running =>
  stage.starter(taskQueue, ['onboard', '--first-name', 'Jane', '--last-name', 'Roe', '--email', email, '--role', role]);

/** Methods and routes of what has reached the portal, about this person, and changes it. */
async function writes(): Promise<string[]> {
  const { portal } = stage;
  const [{ id } = { id: '' }] = await portal.withEmail(email);
  return (await portal.ledger())
    .filter(
      ({ phase, about, route }) => phase === 'received' && [email, id].includes(about) && !route.startsWith('GET'),
    )
    .map(({ route }) => route);
}

/** Stops a worker; what it would have been handed from now on goes to others at once, for the test's sake. */
function stop(worker: Running): void {
  worker.child.kill('SIGSTOP');
  stage.workerRelay.dropPolls();
}

/** Lets the stopped worker go on with what it was at, until it has nothing left to do. */
async function wake(zombie: Running): Promise<void> {
  zombie.child.kill('SIGCONT');
  expect((await zombie.kill('SIGTERM')).code).toBe(0);
}

it('stopped between its look-up and its create, it creates nobody', async () => {
  const { portal } = stage;
  await portal.faults(
    { route: 'POST /people', times: 1, does: { kind: 'reset' } },
    { route: 'GET /people/email', times: 1, does: { kind: 'hold' } },
  );
  const zombie = await startWorker();
  const starter = onboard('User');
  await portal.reached('GET /people/email', 'received');
  stop(zombie);
  await portal.release(); // the answer that nobody has this e-mail waits for it
  const other = await startWorker();
  expect((await starter.finished).code).toBe(0);

  await wake(zombie);
  expect(zombie.stderr).toMatch(heldBack);
  expect(await writes()).toEqual(['POST /people', 'POST /people']);
  await other.kill('SIGTERM');
});

it('stopped between its look at a role and its change, it does not undo what came after', async () => {
  const { portal } = stage;
  await portal.faults(
    { route: 'PUT /people/{id}', times: 1, does: { kind: 'reset' } },
    // The first reading is the step before.
    { route: 'GET /people/{id}', when: 'after', times: 1, does: { kind: 'huge', bytes: 1 } },
    { route: 'GET /people/{id}', when: 'after', times: 1, does: { kind: 'hold' } },
  );
  const zombie = await startWorker();
  const starter = onboard('RoomAdmin');
  await portal.reached('GET /people/{id}', 'committed', 2);
  stop(zombie);
  await portal.release();
  const other = await startWorker();
  expect((await starter.finished).code).toBe(0);
  expect((await stage.starter(taskQueue, ['role', email, 'User']).finished).code).toBe(0);
  const before = await writes();

  await wake(zombie);
  expect(zombie.stderr).toMatch(heldBack);
  expect(await writes()).toEqual(before);
  expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
  await other.kill('SIGTERM');
});

it('handed a step while it was stopped, it does not begin it', async () => {
  const { portal, workerRelay } = stage;
  await portal.faults();
  const zombie = await startWorker();
  const handed = workerRelay.holdBack(handsOverStep).reached;
  const starter = onboard('User');
  await handed;
  stop(zombie);
  workerRelay.release(); // the step lies in its socket
  const other = await startWorker();
  expect((await starter.finished).code).toBe(0);

  await wake(zombie);
  expect(zombie.stderr).toMatch(heldBack);
  expect(await writes()).toEqual(['POST /people']);
  await other.kill('SIGTERM');
});
