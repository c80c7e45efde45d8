import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults/faults.js';
import type { Finished, Running } from '../support/starter.js';
import { Stage } from './stage.js';

/**
 * Kills the starter, worker and server of an import in turn, at a portal that limits calls and fails some of them. The
 * ledger of the portal decides when; the same batch continues.
 */

const people = 1_000;

/** Twice as many as a portal allows in a minute, to save time. The worker knows it, as it knows a portal's limit. */
const callsPerMinute = 3_000;
const limits = { PORTAL_CALLS_PER_MINUTE: String(callsPerMinute), PORTAL_PARALLEL_WRITES: '15' };

const groups = Array.from({ length: 10 }, (_, index) => `Class ${index}`);
const rooms = Array.from({ length: 5 }, (_, index) => `Room ${index}`);

/** The portal's numbers of the accesses. */
const accessNames: Record<number, string> = { 2: 'Read', 10: 'Editing' };

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

/** What the file requests for a person, and what the portal shows. */
interface Placed {
  role: string;
  groups: string[];
  rooms: string[];
}

const emailOf = (index: number): string => `c${index}@example.com`;

function requestOf(index: number): Placed {
  const access = index % 3 === 0 ? 'Editing' : 'Read';
  return {
    role: index % 4 === 0 ? 'RoomAdmin' : 'User',
    groups: [groups[index % groups.length] ?? ''],
    rooms: [`${rooms[Math.floor(index / groups.length) % rooms.length]}: ${access}`],
  };
}

function writeFile(): string {
  const rows = Array.from({ length: people }, (_, index) => {
    const { role, groups: joined, rooms: entered } = requestOf(index);
    const lastName = Array.from(String(index), (digit) => 'abcdefghij'[Number(digit)]).join('');
    return ['Pat', lastName, emailOf(index), role, ...joined, ...entered].join(',');
  });
  const file = join(stage.folder, 'people.csv');
  writeFileSync(file, ['first name,last name,email,role,groups,rooms', ...rows, ''].join('\n'));
  return file;
}

/** Lost answers, errors of a proxy, and statements that stop a call midway. */
const faults: Fault[] = [
  { route: 'POST /people', when: 'after', times: 3, does: { kind: 'reset' } },
  { route: 'GET /people/filter', times: 3, does: { kind: 'answer', status: 502 } },
  { route: 'PUT /people/type/{type}', when: 'after', times: 3, does: { kind: 'reset' } },
  { route: 'PUT /group/{id}', when: 'after', times: 3, does: { kind: 'reset' } },
  { route: 'PUT /group/{id}', times: 3, does: { kind: 'statement', statement: 'member', disturbed: 'before' } },
  { route: 'PUT /files/rooms/{id}/share', when: 'before', times: 3, does: { kind: 'answer', status: 502 } },
  {
    route: 'PUT /files/rooms/{id}/share',
    times: 3,
    does: { kind: 'statement', statement: 'share', disturbed: 'after' },
  },
];

async function read<Answer>(path: string): Promise<Answer> {
  return ((await (await stage.portal.raw('GET', path)).json()) as { response: Answer }).response;
}

/** What the portal shows of everybody in the file, by e-mail. */
async function placedPeople(roomIds: readonly string[]): Promise<Map<string, Placed>> {
  const accounts = (await stage.portal.people()).filter(({ email }) => /^c\d+@/.test(email));
  expect(accounts).toHaveLength(people);
  expect(accounts.filter(({ mails }) => mails !== 1)).toEqual([]);
  const placed = new Map<string, Placed>(
    accounts.map(({ email, type }) => [email, { role: type, groups: [], rooms: [] }]),
  );
  for (const { id, name } of await read<{ id: string; name: string }[]>('/group')) {
    const { members } = await read<{ members: { email: string }[] }>(`/group/${id}`);
    for (const { email } of members) placed.get(email)?.groups.push(name);
  }
  for (const [index, id] of roomIds.entries()) {
    for (let startIndex = 0; startIndex < people; startIndex += 100) {
      const query = `filterType=User&count=100&startIndex=${startIndex}`;
      const rows = await read<{ access: number; sharedToUser: { email: string } }[]>(
        `/files/rooms/${id}/share?${query}`,
      );
      for (const { access, sharedToUser } of rows)
        placed.get(sharedToUser.email)?.rooms.push(`${rooms[index]}: ${accessNames[access]}`);
    }
  }
  return placed;
}

function expectOnboarded({ code, stdout }: Finished): void {
  expect(code).toBe(0);
  const outcome: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(outcome).toMatchObject({ state: 'onboarded', people, counts: { onboarded: people } });
}

it(
  'onboards everybody once, with a group and a room, while starter, worker and server are killed',
  { timeout: 900_000 },
  async () => {
    const { portal } = stage;
    for (const name of groups) await portal.createGroup(name);
    const roomIds: string[] = [];
    for (const title of rooms) roomIds.push(await portal.createRoom(title));
    await portal.limits({ perWindow: callsPerMinute });
    await portal.faults(...faults);
    const file = writeFile();
    const taskQueue = randomUUID();
    const importing = (): Running => stage.starter(taskQueue, ['import', file, '--json']);
    const created = (count: number): Promise<void> => portal.reached('POST /people', 'committed', count);
    const shared = (count: number): Promise<void> => portal.reached('PUT /files/rooms/{id}/share', 'committed', count);

    let worker = await stage.startWorker(taskQueue, limits);
    let starter = importing();
    await starter.prints(/Started batch:/);
    await created(100);
    await starter.kill('SIGKILL');
    starter = importing();
    await starter.prints(/is already being imported/);
    await created(300);
    await worker.kill('SIGKILL');
    worker = await stage.startWorker(taskQueue, limits);
    await created(500);
    await stage.killServer();
    await stage.startServer();
    await shared(60);
    await worker.kill('SIGKILL');
    worker = await stage.startWorker(taskQueue, limits);

    const finished = await starter.finished;
    expect(finished.stderr).toContain('is already being imported');
    expectOnboarded(finished);
    expect(await portal.fired()).toEqual(faults.map(({ times }) => times));
    await portal.limits({ perWindow: 100_000 });
    const requested = new Map(Array.from({ length: people }, (_, index) => [emailOf(index), requestOf(index)]));
    expect(await placedPeople(roomIds)).toEqual(requested);

    const before = (await portal.ledger()).length;
    expectOnboarded(await importing().finished);
    const calls = (await portal.ledger()).slice(before);
    expect(calls.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);
    expect((await worker.kill('SIGTERM')).code).toBe(0);
  },
);
