// The compared ways to add people to the portal. Each starts with some people who are not counted, and then measures the others:
// people per second by the portal's own clock, and CPU in milliseconds per person.
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { idOfBatch, startBatch } from '../dist/client/start-batch.js';
import { startAndSettle, startDetached } from '../dist/client/start-onboarding.js';
import { chunkId } from '../dist/contract/batch.js';
import { forEachConcurrently } from '../dist/workflows/batch/for-each-concurrently.js';
import { ended, peopleOf, runBench, usageOf } from './stage.mjs';

/** How many creates an import has in flight: two groups of fifty. */
const atOnce = 100;

/** How many people are onboarded before the measurement starts. */
const early = 60;

/** Without Temporal. @param form one of those in without.mjs */
export async function without(stage, form, people, prefix) {
  const { url, key } = stage.portal;
  const args = ['--form', form, '--people', people, '--atOnce', atOnce, '--prefix', prefix].map(String);
  const child = runBench('without', args, { API_HOST: url, API_KEY: key });
  child.stderr.pipe(process.stderr);
  const { since, cpu, mb } = JSON.parse(await text(child.stdout));
  return {
    ...(await seenByPortal(stage, since, peopleOf(people, prefix))),
    'worker ms': (cpu * 1_000) / people,
    'peak MB': mb,
  };
}

/** One workflow per person, started as `onboard --detach` does. */
export function workflowEach(stage, people, prefix) {
  return durable(stage, peopleOf(people, prefix), async ({ client, ...session }, some) => {
    const onboarded = async () =>
      (await client.workflow.count(`WorkflowType = 'onboardUser' AND OnboardingState = 'onboarded'`)).count;
    const before = await onboarded();
    const handles = [];
    await forEachConcurrently(20, some, async (person) => {
      handles.push(await startDetached({ client, ...session }, { ...person, ...newTo(session.portal) }));
    });
    while ((await onboarded()) < before + some.length) await delay(100);
    return handles;
  });
}

/** One batch, started as `import` does after it has read the file. */
export function importBatch(stage, people) {
  return durable(stage, people, async (session, some) => {
    const batch = await startImport(stage, some);
    const { chunks, counts } = await batch.result();
    if (counts.onboarded !== some.length) throw new Error(`Not everybody is onboarded: ${JSON.stringify(counts)}`);
    return [batch, ...chunks.map((_, chunk) => session.client.workflow.getHandle(chunkId(batch.workflowId, chunk)))];
  });
}

export function startImport({ session }, people) {
  const options = { existing: 'fail', mail: true };
  return startBatch(session, idOfBatch(session, people, options), { people, options });
}

async function durable(stage, people, onboardAll) {
  const worker = await stage.startWorker();
  await onboardAll(stage.session, peopleOf(early, `before-${people[0].email.replace(/@.*/, '')}-`));
  const { since } = await stage.portal.control('PUT', '/faults', []);
  const pids = { server: stage.pids().server, worker: worker.pid };
  const before = { server: usageOf(pids.server), worker: usageOf(pids.worker) };
  const handles = await onboardAll(stage.session, people);
  const after = { server: usageOf(pids.server), worker: usageOf(pids.worker) };
  await stopped(worker);
  const histories = [];
  await forEachConcurrently(20, handles, async (handle) => void histories.push(await handle.describe()));
  const cpu = (name) => ((after[name].cpu - before[name].cpu) * 1_000) / people.length;
  return {
    ...(await seenByPortal(stage, since, people)),
    'server ms': cpu('server'),
    'worker ms': cpu('worker'),
    events: sum(histories, ({ historyLength }) => historyLength) / people.length,
    bytes: sum(histories, ({ historySize }) => historySize) / people.length,
    'peak MB': after.worker.peak,
  };
}

/** Onboards people one after the other, as `onboard` does, while nothing else runs. */
export async function alone(stage, people, prefix) {
  const worker = await stage.startWorker();
  const took = [];
  for (const person of peopleOf(people + 5, prefix)) {
    const began = performance.now();
    await startAndSettle(stage.session, { ...person, ...newTo(stage.portal.url) });
    took.push(performance.now() - began);
  }
  await stopped(worker);
  return took.slice(5);
}

/** Counts the history events of one onboarding when its outcome is known, and again when its role window has closed. */
export async function eventsOfOne(stage, prefix) {
  const worker = await stage.startWorker();
  const [person] = peopleOf(1, prefix);
  const outcome = await startAndSettle(stage.session, { ...person, ...newTo(stage.portal.url), roleWindow: '3s' });
  const handle = stage.session.client.workflow.getHandle(outcome.workflowId);
  const settled = (await handle.describe()).historyLength;
  await handle.result();
  await stopped(worker);
  return { 'at the outcome': settled, 'once the role window is over': (await handle.describe()).historyLength };
}

/** No earlier run can have sent a create, so none waits for a settle window. */
export const newTo = (portal) => ({ portal, lookUpBeforeCreate: false });

/** What the portal measured: people per second, calls by route, and the share of people with the requested role. */
async function seenByPortal(stage, since, people) {
  const { from, to } = await stage.portal.control('GET', `/summary?since=${since}`);
  const routes = await routesSince(stage, since);
  return {
    'people/s': (people.length * 1_000) / (to - from),
    calls: sum(Object.values(routes), (count) => count) / people.length,
    routes,
    'right role': await shareWithRole(stage, people),
  };
}

/** How often each route was called. */
export async function routesSince(stage, since) {
  const { calls } = await stage.portal.control('GET', `/summary?since=${since}`);
  return Object.fromEntries(
    Object.entries(calls).map(([route, answers]) => [route, sum(Object.values(answers), (count) => count)]),
  );
}

export async function shareWithRole(stage, people) {
  const wanted = new Map(people.map(({ email, role }) => [email, role]));
  const accounts = await stage.portal.control('GET', '/people');
  return accounts.filter(({ email, type }) => wanted.get(email) === type).length / people.length;
}

export async function stopped(worker) {
  worker.kill('SIGTERM');
  await ended(worker);
}

export function sum(items, of) {
  return items.reduce((total, item) => total + of(item), 0);
}
