import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LedgerLine } from '../../src/sandbox/faults/ledger.js';
import { Cluster } from './cluster.js';
import { costPerPerson, costSoFar } from './cost.js';

/**
 * Temporal's own server over PostgreSQL, two workers, and imports of 1,000 people: one undisturbed, and one during which every
 * process is killed or restarted.
 */

const people = 1_000;

/** Every fourth person gets a paid role, so promotions are included. */
const roleOf = (index: number): string => (index % 4 === 3 ? 'RoomAdmin' : 'User');

interface Blow {
  what: string;
  at: number;
  ended: number;
}

const measured: Record<string, unknown> = {};
let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.open();
  await cluster.bringUp();
  await cluster.portal.latency(20);
  await cluster.startWorker('1', 'A');
  await cluster.startWorker('2', 'A');
  await cluster.makeCurrent('A');
});

afterAll(async () => {
  await cluster.close();
  writeFileSync(process.env['CLUSTER_RESULT'] ?? '', JSON.stringify(measured));
});

it('an import of 1,000 people is onboarded by two workers', async () => {
  const before = await costSoFar(cluster);
  await imported('calm');
  measured['undisturbed'] = costPerPerson(before, await costSoFar(cluster), people);
  await expectAsAsked('calm');
});

it('the server exposes the metrics that the alerts use', async () => {
  // The counter of refused calls is missing until one is refused.
  expect(await cluster.metricsOfServer()).toMatch(/^service_requests\{.*namespace="default".*operation="/m);
});

it('an import survives kills of worker, server and database, and a new build', async () => {
  const commits = (): Promise<LedgerLine[]> => cluster.portal.ledger({ route: 'POST /people', phase: 'committed' });
  const from = (await commits()).length;
  const made = (count: number): Promise<void> =>
    cluster.portal.reached('POST /people', 'committed', from + Math.round(count));
  const importing = imported('stormy');
  const blows: Blow[] = [];

  await made(0.15 * people);
  blows.push(
    await blow('kill -9 of a worker', async () => {
      await cluster.endWorker('1', 'SIGKILL');
      await cluster.startWorker('1', 'A');
    }),
  );

  await made(0.35 * people);
  blows.push(
    await blow('kill -9 of the Temporal server', async () => {
      await cluster.killServer();
      await cluster.startServer();
    }),
  );

  await made(0.55 * people);
  blows.push(
    await blow('PostgreSQL cut off', async () => {
      await cluster.postgresql.cut();
      await cluster.postgresql.start();
    }),
  );

  await made(0.75 * people);
  blows.push(
    await blow('rolling restart to a new build', async () => {
      expect(await cluster.endWorker('1', 'SIGTERM')).toBe(0);
      await cluster.startWorker('1', 'B');
      await cluster.makeCurrent('B');
      expect(await cluster.endWorker('2', 'SIGTERM')).toBe(0);
      await cluster.startWorker('2', 'B');
    }),
  );

  const batch = await importing;
  const times = (await commits()).map(({ at }) => at);
  blows.forEach((each, index) => (measured[each.what] = effectOf(each, times, blows[index + 1]?.at)));
  expect(await cluster.buildOf(batch)).toBe('B');
  await expectAsAsked('stormy');
});

/** Imports 1,000 people as an operator would: if the server cannot be reached, the same command is run again. */
async function imported(name: string): Promise<string> {
  const rows = Array.from({ length: people }, (_, index) => `Pat,Lee,${name}${index}@example.com,${roleOf(index)}`);
  cluster.write(`${name}.csv`, ['first name,last name,email,role', ...rows, ''].join('\n'));
  for (let commands = 1; ; commands++) {
    const { code, stdout, stderr } = await cluster.starter(['import', `${name}.csv`, '--json']).finished;
    if (code === 6) continue;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    measured[`commands of the ${name} import`] = commands;
    return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { batchId: string }).batchId;
  }
}

/** The portal has exactly one account for each person, with the requested role, and no others. */
async function expectAsAsked(name: string): Promise<void> {
  const { portal } = cluster;
  const wanted = new Map(Array.from({ length: people }, (_, index) => [`${name}${index}@example.com`, roleOf(index)]));
  const present = (await portal.people()).filter(({ email }) => email.startsWith(name));
  expect(present.length).toBe(people);
  expect(present.filter(({ email, type }) => wanted.get(email) !== type)).toEqual([]);
  expect((await portal.summary()).duplicates).toEqual([]);
}

/** Disturbs the cluster while it works, and prints how long that took. */
async function blow(what: string, happens: () => Promise<void>): Promise<Blow> {
  const at = Date.now();
  await happens();
  process.stderr.write(`${what}: ${Date.now() - at} ms\n`);
  return { what, at, ended: Date.now() };
}

/** How long a disturbance took, and the longest time without a new account before the next one. */
function effectOf({ at, ended }: Blow, made: number[], next = Infinity): Record<string, number> {
  const around = [at, ...made.filter((time) => time > at && time < next)];
  const pauses = around.slice(1).map((time, index) => time - (around[index] ?? 0));
  return { 'took s': (ended - at) / 1_000, 'longest pause s': Math.max(0, ...pauses) / 1_000 };
}
