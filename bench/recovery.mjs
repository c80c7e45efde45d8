// Measures how long a killed worker or Temporal server delays the onboardings in flight. It kills the program with `kill -9` when
// all creates have been sent, and starts it again immediately.
//
//   npm run bench:recovery                            40 people, a portal that takes 300 ms per call, three runs each
//   npm run bench:recovery -- --victims worker --runs 1 --json
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import Table from 'cli-table3';
import { startDetached } from '../dist/client/start-onboarding.js';
import { newTo } from './forms.mjs';
import { keepResult } from './report.mjs';
import { ended, nameOf, openStage, sessionOf } from './stage.mjs';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '40' },
    latency: { type: 'string', default: '300' },
    runs: { type: 'string', default: '3' },
    victims: { type: 'string', default: 'worker,server' },
    json: { type: 'boolean', default: false },
  },
});
const people = Number(values.people);
const latency = Number(values.latency);
const settings = { SETTLE_WINDOW: '1s' };
const unavailable = 14;

const results = [];
for (const victim of values.victims.split(',')) {
  for (let run = 0; run < Number(values.runs); run++) results.push(await measure(victim));
}
if (values.json) process.stdout.write(`${JSON.stringify(results)}\n`);
else process.stdout.write(`${tableOf(results)}\nThe results are in ${keepResult('recovery', { results })}\n`);
process.exit(results.every(({ lost, twice, repeated }) => lost + twice + repeated === 0) ? 0 : 1);

async function measure(victim) {
  const stage = await openStage();
  await stage.portal.control('PUT', '/settings', { latency, roleMoment: 0 });
  const client = await connected(stage.address);
  let worker = await stage.startWorker(settings);
  const handles = await begin(client, stage.portal);
  await stage.portal.control('GET', `/reached?route=${encodeURIComponent('POST /people')}&count=${people}`);

  const seconds = stopwatch();
  if (victim === 'worker') {
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    worker = await stage.startWorker(settings);
  } else {
    await stage.killServer();
    await stage.startServer();
  }
  const ready = seconds();
  const done = [];
  const outcomes = await Promise.all(handles.map((handle) => resultOf(handle).finally(() => done.push(seconds()))));

  const result = {
    victim,
    people,
    'ms for a call': latency,
    'ready again after s': ready,
    'half done after s': done[Math.floor(people / 2)],
    'all done after s': done.at(-1),
    ...(await damage(stage.portal, handles, outcomes)),
  };
  worker.kill('SIGTERM');
  await ended(worker);
  await client.connection.close();
  await stage.close();
  return result;
}

function begin(client, { url }) {
  const session = sessionOf(client, url);
  return Promise.all(
    Array.from({ length: people }, (_, index) =>
      startDetached(session, { ...personOf(index), role: 'Manager', ...newTo(url), roleWindow: 0 }),
    ),
  );
}

function personOf(index) {
  return { email: `p${index}@example.com`, firstName: 'Pat', lastName: nameOf(index) };
}

/** Counts people without the requested role, duplicate accounts, and steps that the history contains more than once. */
async function damage({ control }, handles, outcomes) {
  const accounts = (await control('GET', '/people')).filter(({ email }) => /^p\d+@/.test(email));
  const typeOf = new Map(accounts.map(({ email, type }) => [email, type]));
  let repeated = 0;
  for (const handle of handles) {
    const { events } = await handle.fetchHistory();
    const steps = events.flatMap(({ activityTaskScheduledEventAttributes: step }) => step?.activityType.name ?? []);
    repeated += steps.length - new Set(steps).size;
  }
  return {
    lost: outcomes.filter(({ email, role }) => role !== 'RoomAdmin' || typeOf.get(email) !== 'RoomAdmin').length,
    twice: accounts.length - typeOf.size,
    repeated,
  };
}

async function resultOf(handle) {
  for (;;) {
    try {
      return await handle.result();
    } catch (error) {
      if (error?.code !== unavailable && error?.cause?.code !== unavailable) throw error;
      await delay(50);
    }
  }
}

/** Waits for the namespace, too, because the server listens a moment before it exists. */
async function connected(address) {
  for (;;) {
    try {
      const connection = await Connection.connect({ address });
      await connection.workflowService.describeNamespace({ namespace: 'default' });
      return new Client({ connection });
    } catch {
      await delay(50);
    }
  }
}

function stopwatch() {
  const start = performance.now();
  return () => Number(((performance.now() - start) / 1_000).toFixed(1));
}

function tableOf(rows) {
  const head = Object.keys(rows[0]);
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) table.push(head.map((name) => row[name]));
  return table.toString();
}
