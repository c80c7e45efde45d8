// Imports people into a portal that limits its calls. It measures the share of the allowed rate that the import uses, the share
// of 429s, the calls per person, and whether the memory of worker and starter stays constant. `--scale` raises the portal's limit
// to at most ten times the real one. Otherwise the import is like any user's.
//
//   npm run bench:limit                                            1,000 people, with the limits of a real portal
//   npm run bench:limit -- --people 10000 --scale 5                with five times the limit
//   npm run bench:limit -- --people 10000 --scale 5 --faults --kills   with 5 % faults; kills starter, worker and server in turn
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { keepResult } from './report.mjs';
import { csvOf, ended, openStage, say, usageOf } from './stage.mjs';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '1000' },
    scale: { type: 'string', default: '1' },
    faults: { type: 'boolean', default: false },
    kills: { type: 'boolean', default: false },
  },
});
const people = Number(values.people);
const scale = Math.min(Number(values.scale), 10);
const window = 60_000;
const perWindow = 1_500 * scale;

const stage = await openStage({ sandboxFlags: ['--limits'] });
// The daily limit is lifted, because 10,000 people need more writes than it allows.
await stage.portal.control('PUT', '/limits', { perWindow, perDay: 1_000_000 });
if (values.faults) await stage.portal.control('PUT', '/faults', faultsOf());

const settings = {
  PORTAL_CALLS_PER_MINUTE: String(perWindow),
  PORTAL_PARALLEL_WRITES: '15',
  ...(values.faults && { SETTLE_WINDOW: '3s' }),
};
let worker = await stage.startWorker(settings);
writeFileSync(join(stage.folder, 'people.csv'), csvOf(people));
const importing = () => stage.starter(['import', 'people.csv', '--json', '--out', 'result.csv']);
let starter = importing();
let said = '';
starter.stdout.on('data', (chunk) => (said += chunk));
starter.stderr.on('data', (chunk) => process.stderr.write(chunk));

const memory = [];
const sampling = setInterval(() => void sample(), 1_000);
if (values.kills) await killInTurn();
await ended(starter);
clearInterval(sampling);

const summary = await stage.portal.control('GET', '/summary');
const calls = Object.entries(summary.calls).flatMap(([route, ends]) =>
  Object.entries(ends).map(([status, count]) => ({ route, status, count })),
);
const all = sum(calls);
const taken = all - summary.limited;
const seconds = (summary.to - summary.from) / 1_000;
const accounts = (await stage.portal.control('GET', '/people')).filter(({ email }) => /^p\d+@example.com$/.test(email));
const wanted = (email) => (Number(/\d+/.exec(email)?.[0]) % 4 === 3 ? 'RoomAdmin' : 'User');
const at = (share) => memory.find(({ made }) => made >= people * share) ?? memory.at(-1);
const result = {
  people,
  scale,
  seconds: Math.round(seconds),
  'people/s': round(people / seconds),
  'share of the allowed rate': round(taken / ((perWindow / window) * 1_000 * seconds)),
  'share of 429s': round(summary.limited / all, 4),
  'calls per person': round(all / people),
  'worker MB at 10 % and at the end': [at(0.1)?.worker, memory.at(-1)?.worker],
  'starter MB at 10 % and at the end': [at(0.1)?.starter, memory.at(-1)?.starter],
  lost: people - accounts.filter(({ email, type }) => type === wanted(email)).length,
  twice: summary.duplicates.length,
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
if (!values.faults && !values.kills) say(`The results are in ${keepResult(`limit-${people}`, result)}`);
say(JSON.stringify(JSON.parse(said.trim().split('\n').at(-1)).counts));
worker.kill('SIGTERM');
await ended(worker);
await stage.close();
process.exit(result.lost === 0 && result.twice === 0 ? 0 : 1);

async function sample() {
  const { people: made } = await stage.portal.control('GET', '/summary?since=1000000000').catch(() => ({}));
  if (made) memory.push({ made, worker: usageOf(worker.pid).mb, starter: usageOf(starter.pid).mb });
}

/** Every kind of temporary fault. Together they affect 5 % of the calls. */
function faultsOf() {
  const error = { kind: 'answer', status: 500, body: 'oh' };
  const kinds = [
    { when: 'before', does: { kind: 'reset' } },
    { when: 'after', does: { kind: 'reset' } },
    { when: 'before', does: error },
    { when: 'after', does: error },
    { when: 'after', does: { kind: 'cut' } },
    { when: 'after', does: { kind: 'garbled' } },
    { when: 'before', does: { kind: 'answer', status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' } },
  ];
  return kinds.map((each, seed) => ({ route: '*', rate: 0.05 / kinds.length, seed: seed + 1, ...each }));
}

/** Kills starter, worker and server up to three times each, spread over the import. */
async function killInTurn() {
  for (let kill = 0; kill < 9; kill++) {
    await delay((people / (30 * scale)) * 100);
    if (starter.exitCode !== null) return;
    if (kill % 3 === 0) {
      starter.kill('SIGKILL');
      await ended(starter);
      starter = importing();
      said = '';
      starter.stdout.on('data', (chunk) => (said += chunk));
      say('The starter was killed and started again.');
    } else if (kill % 3 === 1) {
      worker.kill('SIGKILL');
      await ended(worker);
      worker = await stage.startWorker(settings);
      say('The worker was killed and started again.');
    } else {
      await stage.killServer();
      await stage.startServer();
      say('The Temporal server was killed and started again.');
    }
  }
}

function sum(items) {
  return items.reduce((total, { count }) => total + count, 0);
}

function round(value, digits = 3) {
  return Number(value.toFixed(digits));
}
