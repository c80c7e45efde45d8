// Sends every request of a plan, in order for each person, and exits when the server has acknowledged all of them. If it is
// killed and started again, it sends every request once more.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { isTransient } from '../../dist/client/outcomes.js';
import { signalRole } from '../../dist/client/send-signal.js';
import { startDetached } from '../../dist/client/start-onboarding.js';
import { WorkflowIds } from '../../dist/codec/workflow-ids.js';

const atOnce = 20;

const [file, address, taskQueue, portal] = process.argv.slice(2);
/** @type {import('./plan.js').PlannedRequest[]} */
const plan = JSON.parse(readFileSync(file, 'utf8'));

const client = new Client({ connection: await connected() });
const session = { client, namespace: 'default', taskQueue, portal, workflowIds: new WorkflowIds(undefined) };
/** @type {Map<string, Promise<unknown>>} */
const before = new Map();
const queue = plan.values();
await Promise.all(Array.from({ length: atOnce }, work));
process.exit();

async function work() {
  for (const request of queue) {
    // A request waits until the earlier requests for the same person are acknowledged.
    const done = (before.get(request.email) ?? Promise.resolve()).then(() => sendUntilAcknowledged(request));
    before.set(request.email, done);
    await done;
  }
}

async function sendUntilAcknowledged(/** @type {import('./plan.js').PlannedRequest} */ { email, role, start }) {
  for (;;) {
    try {
      if (start) return await startDetached(session, { email, role, portal, ...start });
      return await signalRole(session, email, role);
    } catch (error) {
      if (!isTransient(error)) throw error;
      await delay(100);
    }
  }
}

async function connected() {
  for (;;) {
    try {
      return await Connection.connect({ address });
    } catch {
      await delay(100);
    }
  }
}
