// Asks for everything in a plan, in its order for each person, and ends when the server has acknowledged all of it. It is
// killed in the middle and started again: then it asks for everything once more.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { isTransient } from '../../dist/client/outcomes.js';
import { signalRole, startDetached } from '../../dist/client/start-onboarding.js';

const atOnce = 20;

const [file, address, taskQueue, portal] = process.argv.slice(2);
/** @type {import('./plan.js').Asked[]} */
const plan = JSON.parse(readFileSync(file, 'utf8'));

const client = new Client({ connection: await connected() });
const session = { client, namespace: 'default', taskQueue, portal };
/** @type {Map<string, Promise<unknown>>} */
const before = new Map();
const queue = plan.values();
await Promise.all(Array.from({ length: atOnce }, work));
process.exit();

async function work() {
  for (const asked of queue) {
    // A role is never asked for before what was asked for the same person earlier is acknowledged.
    const done = (before.get(asked.email) ?? Promise.resolve()).then(() => insist(asked));
    before.set(asked.email, done);
    await done;
  }
}

async function insist(/** @type {import('./plan.js').Asked} */ { email, role, start }) {
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
