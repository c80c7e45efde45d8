import { beforeAll, expect, it } from 'vitest';
import { outcomeOf, onboardingHandle } from '../../../src/client/outcomes.js';
import { signalPlaces, signalRole } from '../../../src/client/send-signal.js';
import { idOfBatch, startBatch } from '../../../src/client/start-batch.js';
import type { BatchOutcome } from '../../../src/contract/batch.js';
import type { PlaceChange } from '../../../src/contract/places.js';
import { importTwice } from '../../support/imports.js';
import { randomFrom } from '../../support/random.js';
import type { TestPortal } from '../../support/portal.js';
import { setupPortalAndWorker } from '../../support/scene.js';
import type { TestTemporal } from '../../support/temporal.js';

/** Whatever is asked for, and in whatever order: the portal ends with what was asked for last. */

const seeds = process.env['SEED'] === undefined ? [1, 2, 3, 4, 5, 6] : [Number(process.env['SEED'])];
const requestsPerPerson = 7;

const roles = ['User', 'RoomAdmin'] as const;
const groups = ['5a', '5b', 'Teachers'] as const;
const rooms = ['Maths', 'Library'] as const;
/** From low to high. */
const accesses = ['Read', 'Editing', 'ContentCreator'] as const;
const accessNumbers: Record<number, string> = { 2: 'Read', 10: 'Editing', 11: 'ContentCreator' };

type Role = (typeof roles)[number];

/** Where a person should be. */
interface Wanted {
  role: Role;
  groups: string[];
  rooms: Record<string, string>;
}

let portal: TestPortal;
let temporal: TestTemporal;
setupPortalAndWorker('order', (made) => ({ portal, temporal } = made), { settleWindow: 500 });

beforeAll(async () => {
  for (const groupName of groups) await portal.raw('POST', '/group', { groupName });
  for (const title of rooms) await portal.raw('POST', '/files/rooms', { title, roomType: 5 });
});

/** One person, and their requests, which a seed determines. */
class Person {
  readonly email: string;
  readonly wanted: Wanted = { role: 'User', groups: [], rooms: {} };
  private isKnown = false;
  private readonly random: () => number;

  constructor(seed: number) {
    this.email = `order${seed}.${temporal.taskQueue.slice(-6)}@example.com`;
    this.random = randomFrom(seed);
  }

  /** @returns the state that is reported afterwards */
  async request(): Promise<string> {
    const [role, group, room, access] = [roles, groups, rooms, accesses].map((all) => this.oneOf<string>(all)) as [
      Role,
      string,
      string,
      string,
    ];
    const { wanted } = this;
    switch (!this.isKnown ? 'import' : this.oneOf(['join', 'leave', 'enter', 'role', 'import'])) {
      case 'join':
        wanted.groups = [...new Set([...wanted.groups, group])];
        return this.change({ join: [group] });
      case 'leave':
        wanted.groups = wanted.groups.filter((each) => each !== group);
        return this.change({ leave: [group] });
      case 'enter':
        wanted.rooms[room] = access;
        return this.change({ enter: [`${room}: ${access}`] });
      case 'role':
        wanted.role = role;
        return this.settle(signalRole(this.session, this.email, role));
      default:
        return this.import(role, group, room, access);
    }
  }

  /** An import adds, and lowers nothing. */
  private async import(role: Role, group: string, room: string, access: string): Promise<string> {
    const { wanted } = this;
    if (role === 'RoomAdmin') wanted.role = role;
    wanted.groups = [...new Set([...wanted.groups, group])];
    if (rank(access) > rank(wanted.rooms[room])) wanted.rooms[room] = access;
    this.isKnown = true;
    const people = [
      { email: this.email, firstName: 'Pat', lastName: 'Doe', role, groups: [group], rooms: [`${room}: ${access}`] },
    ];
    const options = { existing: 'fail', mail: false } as const;
    const run = async (): Promise<BatchOutcome> =>
      (await startBatch(this.session, idOfBatch(this.session, people, options), { people, options })).result();
    return (await importTwice(portal, run, this.email)).state;
  }

  private change(change: PlaceChange): Promise<string> {
    return this.settle(signalPlaces(this.session, this.email, change));
  }

  private async settle(sent: ReturnType<typeof signalPlaces>): Promise<string> {
    return (await outcomeOf(await sent)).state;
  }

  private oneOf<Value>(all: readonly Value[]): Value {
    return all[Math.floor(this.random() * all.length)]!;
  }

  get session(): ReturnType<TestTemporal['session']> {
    return temporal.session(portal.url);
  }
}

const rank = (access: string | undefined): number => (accesses as readonly (string | undefined)[]).indexOf(access);

/** Where the portal shows a person. */
async function shownOf({ email }: Person): Promise<unknown> {
  const [account, ...others] = await portal.withEmail(email);
  expect(others).toEqual([]);
  const read = async (path: string): Promise<{ name: string; access: number }[]> =>
    ((await (await portal.raw('GET', path)).json()) as { response: { name: string; access: number }[] }).response;
  const entered: Record<string, string | undefined> = {};
  for (const [index, room] of rooms.entries()) {
    const [row] = await read(`/files/rooms/${index + 1}/share?filterType=16&filterValue=${email}`);
    if (row) entered[room] = accessNumbers[row.access];
  }
  const joined = await read(`/group/user/${account?.id}`);
  return { role: account?.shown, groups: joined.map(({ name }) => name), rooms: entered };
}

// The hook of the context, because an imported one would belong to any of the concurrent tests.
it.concurrent.for(seeds)(
  'any order of join, leave, enter, role and import ends as requested: seed %i',
  async (seed, { onTestFinished }) => {
    const person = new Person(seed);
    onTestFinished(async () => {
      await onboardingHandle(person.session, person.email)
        .terminate()
        .catch(() => undefined);
    });
    for (let requests = 0; requests < requestsPerPerson; requests++) {
      expect(['onboarded', 'kept-higher']).toContain(await person.request());
    }
    const { wanted } = person;
    expect(await shownOf(person)).toEqual({ ...wanted, groups: wanted.groups.toSorted() });
  },
);
