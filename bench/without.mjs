// Makes the calls without Temporal, so nothing survives a crash: the base line for the other benchmarks. It is a program of its
// own, so its CPU can be measured separately. It prints one line of JSON.
//
//   got      create, read and role calls for each person
//   grouped  the calls that an import makes, in the same order, with look-ups and role writes for groups
import { Agent } from 'node:http';
import { parseArgs } from 'node:util';
import { got } from 'got';
import { forEachConcurrently } from '../dist/workflows/batch/for-each-concurrently.js';
import { peopleOf } from './stage.mjs';

const { values } = parseArgs({
  options: {
    form: { type: 'string' },
    people: { type: 'string' },
    atOnce: { type: 'string' },
    prefix: { type: 'string' },
  },
});

const api = `${process.env.API_HOST}/api/2.0`;
const headers = { authorization: `Bearer ${process.env.API_KEY}`, 'content-type': 'application/json' };
const agent = new Agent({ keepAlive: true });

const portal = got.extend({ prefixUrl: api, headers, agent: { http: agent }, retry: { limit: 0 } });
const ask = async (method, path, json) => (await portal(path, { method, json }).json()).response;

async function asImport({ email, firstName, lastName, role }) {
  const { id } = await ask('POST', 'people', { firstName, lastName, email, type: 'User' });
  const shown = await ask('GET', `people/${id}`);
  if (role === 'RoomAdmin' && !shown.isRoomAdmin) await ask('PUT', `people/type/${role}`, { userIds: [id] });
  await ask('GET', `people/${id}`);
}

const groupSize = 50;
const raisedTogether = 25;

async function asImportInGroups(group) {
  const emails = group.map(({ email }) => email);
  await lookUp(emails);
  const created = await Promise.all(
    group.map(async ({ email, firstName, lastName, role }) => {
      const { id } = await ask('POST', 'people', { firstName, lastName, email, type: 'User' });
      return { id, email, role };
    }),
  );
  await lookUp(emails);
  for (const some of slicesOf(
    created.filter(({ role }) => role === 'RoomAdmin'),
    raisedTogether,
  )) {
    await ask('PUT', 'people/type/RoomAdmin', { userIds: some.map(({ id }) => id) });
    await lookUp(some.map(({ email }) => email));
  }
}

function lookUp(emails) {
  const query = new URLSearchParams({ count: '100', filterSeparator: '|', filterValue: emails.join('|') });
  return ask('GET', `people/filter?${query}`);
}

function slicesOf(items, size) {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}

async function onboardAll(people) {
  if (values.form === 'got') return forEachConcurrently(Number(values.atOnce), people, asImport);
  const groupsAtOnce = Number(values.atOnce) / groupSize;
  return forEachConcurrently(groupsAtOnce, slicesOf(people, groupSize), asImportInGroups);
}

await onboardAll(peopleOf(60, `${values.prefix}-before-`));
const mark = await fetch(`${process.env.API_HOST}/sandbox/faults`, { method: 'PUT', body: '[]' });
const { since } = await mark.json();
const before = process.cpuUsage();
await onboardAll(peopleOf(Number(values.people), values.prefix));
const { user, system } = process.cpuUsage(before);
const mb = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(`${JSON.stringify({ since, cpu: (user + system) / 1e6, mb })}\n`);
agent.destroy();
