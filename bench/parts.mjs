// The parts of the benchmark. Each has a stage of its own, and returns the figures that it measured, with the details.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { batchStatus } from '../dist/contract/batch.js';
import {
  alone,
  eventsOfOne,
  importBatch,
  routesSince,
  shareWithRole,
  startImport,
  stopped,
  sum,
  without,
  workflowEach,
} from './forms.mjs';
import { costOf, median, round, timesIn } from './report.mjs';
import { csvOf, ended, everybody, peopleOf, say, usageOf } from './stage.mjs';

/**
 * CPU milliseconds of the vendor's server and its database, as measured there. A look-up of 25 people takes 250 ms and
 * one of 100 takes 500, so each takes 167 ms, and 3.33 ms for each person.
 */
const portalCpu = { create: 197, raisedPerson: 46, lookUp: 167, lookedUpPerson: 3.33 };

/** An import looks everybody up, reads everybody back, and reads them again after the role. */
const lookUpsPerPerson = 3;

const speedForms = (people) => ({
  'raw got': (stage, prefix) => without(stage, 'got', people, prefix),
  'raw got, same calls': (stage, prefix) => without(stage, 'grouped', people, prefix),
  'a workflow each': (stage, prefix) => workflowEach(stage, Math.ceil(people / 8), prefix),
  import: (stage, prefix) => importBatch(stage, peopleOf(people, prefix)),
});

const { 'raw got': got, import: imported } = speedForms(400);
export const smokeForms = { 'raw got': got, import: imported };

/** How many rounds have run, because no two may have the same people. */
let runs = 0;

export async function roundsOf(stage, forms, count) {
  const rounds = [];
  for (let number = 1; number <= count; number++) {
    const results = {};
    for (const [name, run] of Object.entries(forms)) {
      results[name] = await run(stage, `r${runs++}-`);
      say(`Round ${number}, ${name}: ${Math.round(results[name]['people/s'])} people/s`);
    }
    rounds.push(results);
  }
  return rounds;
}

/** Resets the create of every hundredth person, half of them after the portal has carried it out, and one look-up. */
const resetsOf = (people) => [
  ...people
    .filter((_, index) => index % 100 === 0)
    .map(({ email }, index) => ({
      route: 'POST /people',
      about: email,
      when: index % 2 === 0 ? 'before' : 'after',
      times: 1,
      does: { kind: 'reset' },
    })),
  { route: 'GET /people/filter', times: 1, does: { kind: 'reset' } },
];

export const parts = {
  /** The calls of an import that promotes everybody. */
  calls: {
    async measure(stage) {
      const count = 400;
      const people = peopleOf(count, 'p', everybody);
      const { routes, 'right role': right } = await importBatch(stage, people);
      const writes = routes['POST /people'] + routes['PUT /people/type/{type}'];
      const cpu =
        routes['POST /people'] * portalCpu.create +
        count * portalCpu.raisedPerson +
        routes['GET /people/filter'] * portalCpu.lookUp +
        count * lookUpsPerPerson * portalCpu.lookedUpPerson;
      return {
        figures: {
          'portal calls per person, everybody promoted': round(total(routes) / count),
          'writes per person, everybody promoted': round(writes / count),
          'CPU of the portal per promoted person, ms': round(cpu / count),
        },
        people: count,
        routes,
        'right role': right,
      };
    },
  },

  /** The calls that a column of groups adds to an import, and a column of rooms. */
  places: {
    async measure(stage) {
      const count = 1_000;
      const { call } = stage.portal;
      const create = (number, route, bodyOf) =>
        Promise.all(Array.from({ length: number }, (_, index) => call('POST', route, bodyOf(index))));
      const groups = await create(10, '/group', (index) => ({ groupName: `Class ${index}` }));
      const rooms = await create(5, '/files/rooms', (index) => ({ title: `Maths ${index}`, roomType: 2 }));
      const columns = {
        'without columns': () => ({}),
        groups: (index) => ({ groups: [inTurn(groups, index).id] }),
        rooms: (index) => ({ rooms: [`${inTurn(rooms, index).id}: Read`] }),
      };
      const calls = {};
      for (const [number, [name, placesOf]] of Object.entries(columns).entries()) {
        const people = peopleOf(count, `c${number}-`).map((person, index) => ({ ...person, ...placesOf(index) }));
        const { routes } = await importBatch(stage, people);
        calls[name] = { 'per person': round(total(routes) / count), routes };
        say(`${name}: ${calls[name]['per person']} calls per person`);
      }
      const added = (name) => round(calls[name]['per person'] - calls['without columns']['per person']);
      return {
        figures: {
          'portal calls per person that a column of groups adds': added('groups'),
          'portal calls per person that a column of rooms adds': added('rooms'),
        },
        people: count,
        groups: groups.length,
        rooms: rooms.length,
        calls,
      };
    },
  },

  /** An import against raw got, and against one workflow per person. */
  speed: {
    async measure(stage) {
      const people = 800;
      await stage.portal.control('PUT', '/settings', { latency: 0, roleMoment: 0 });
      const rounds = await roundsOf(stage, speedForms(people), 3);
      const middle = (of) => round(median(rounds.map(of)));
      const speed = (other) => middle((each) => each.import['people/s'] / each[other]['people/s']);
      const rows = Object.fromEntries(
        Object.keys(rounds[0]).map((form) => [
          form,
          Object.fromEntries(
            Object.keys(rounds[0][form])
              .filter((name) => name !== 'routes')
              .map((name) => [name, middle((each) => each[form][name])]),
          ),
        ]),
      );
      return {
        figures: {
          'CPU per person, server + worker, ms': middle((each) => each.import['server ms'] + each.import['worker ms']),
          'people/s of an import, divided by those of raw got': speed('raw got'),
          'history events per person': middle((each) => each.import.events),
        },
        people,
        'people/s of an import, divided by those of raw got with the same calls': speed('raw got, same calls'),
        'people/s of an import, divided by those of a workflow each': speed('a workflow each'),
        'CPU of an import, divided by that of raw got': middle(costOf),
        rows,
      };
    },
  },

  /** An import by the command, into a portal that limits its calls as a real one does. */
  limit: {
    flags: ['--limits'],
    async measure(stage) {
      const people = 1_000;
      const worker = await stage.startWorker({ PORTAL_CALLS_PER_MINUTE: '1500', PORTAL_PARALLEL_WRITES: '15' });
      writeFileSync(join(stage.folder, 'people.csv'), csvOf(people));
      const { since } = await stage.portal.control('PUT', '/faults', []);
      const startedAt = Date.now();
      const starter = stage.starter(['import', 'people.csv', '--json', '--yes', '--out', 'result.csv']);
      starter.stderr.pipe(process.stderr);
      await Promise.all([text(starter.stdout), ended(starter)]);
      const { calls, to, limited } = await stage.portal.control('GET', `/summary?since=${since}`);
      const [firstCreate] = await stage.portal.control('GET', '/ledger?route=POST%20%2Fpeople');
      await stopped(worker);
      return {
        figures: { '1,000 people at 1,500 calls a minute, s': round((to - startedAt) / 1_000) },
        'seconds before the first create': round((firstCreate.at - startedAt) / 1_000),
        calls,
        'answers with 429': limited,
        'right role': await shareWithRole(stage, peopleOf(people)),
      };
    },
  },

  /** The throughput of an import while the portal resets requests. Those who wait for a settle window do not count. */
  resets: {
    async measure(stage) {
      const count = 1_000;
      const share = 0.97;
      const worker = await stage.startWorker();
      await (await startImport(stage, peopleOf(200, 'before-'))).result();
      const rounds = [];
      const batches = [];
      for (let number = 0; number < 3; number++) {
        const seconds = {};
        for (const name of ['without', 'with']) {
          const people = peopleOf(count, `${name}${number}-`);
          await stage.portal.control('PUT', '/faults', name === 'with' ? resetsOf(people) : []);
          const startedAt = performance.now();
          const batch = await startImport(stage, people);
          while ((await batch.query(batchStatus)).counts.onboarded < count * share) await delay(100);
          seconds[name] = round((performance.now() - startedAt) / 1_000);
          batches.push(batch);
        }
        rounds.push(seconds);
        say(`Round ${number + 1}: ${JSON.stringify(seconds)}`);
      }
      await stage.portal.control('PUT', '/faults', []);
      for (const batch of batches) {
        const { counts } = await batch.result();
        if (counts.onboarded !== count) throw new Error(`Not everybody is onboarded: ${JSON.stringify(counts)}`);
      }
      await stopped(worker);
      return {
        figures: {
          'people/s with 1 % of requests reset, divided by those with none': round(
            median(rounds.map((seconds) => seconds.without / seconds.with)),
          ),
        },
        people: count,
        'share of the people': share,
        'seconds, by round': rounds,
      };
    },
  },

  /** The memory of a worker, and the calls of the same import again. */
  many: {
    async measure(stage) {
      const people = peopleOf(10_000);
      const worker = await stage.startWorker();
      const batch = await startImport(stage, people);
      const samples = [];
      for (let done = 0; done < people.length;) {
        await delay(500);
        done = (await batch.query(batchStatus)).counts.onboarded;
        samples.push({ done, ...usageOf(worker.pid) });
      }
      await batch.result();
      const at = (count) => samples.find(({ done }) => done >= count);
      const { since } = await stage.portal.control('PUT', '/faults', []);
      await (await startImport(stage, people)).result();
      const routes = await routesSince(stage, since);
      await stopped(worker);
      return {
        figures: {
          'memory of the worker, 10,000 people divided by 1,000': round(at(10_000).peak / at(1_000).peak),
          'portal calls to import 10,000 people again': total(routes),
        },
        'peak MB after': Object.fromEntries(
          [1_000, 2_000, 4_000, 7_000, 10_000].map((count) => [count, at(count).peak]),
        ),
      };
    },
  },

  /** One onboarding after the other, as `onboard` starts them. */
  alone: {
    async measure(stage) {
      await stage.portal.control('PUT', '/settings', { latency: 0, roleMoment: 0 });
      const times = timesIn(await alone(stage, 30, 'p'));
      return {
        figures: { 'one onboarding alone, p50, ms': round(times['p50 ms']) },
        ...times,
        'history events': await eventsOfOne(stage, 'one-'),
      };
    },
  },
};

function total(routes) {
  return sum(Object.values(routes), (count) => count);
}

function inTurn(items, index) {
  return items[index % items.length];
}
