import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../src/sandbox/faults/faults.js';
import { TestPortal, type SandboxPerson } from '../../support/portal.js';
import { add, ask, newcomer, shown, typeIn, userIds } from '../call-portal.js';

let portal: TestPortal;

beforeEach(async () => {
  portal = await TestPortal.start();
});

afterEach(() => portal.close());

const email = 'jane.roe@example.com';
type Disturbance = Omit<Extract<Fault['does'], { kind: 'statement' }>, 'kind'>;

/** Disturbs one statement about one person. */
function disturb(does: Disturbance, about = email): Promise<void> {
  return portal.faults({ route: '*', about, times: 1, does: { kind: 'statement', ...does } });
}

const create = (type = 'User') => ask(portal, 'POST /people', newcomer({ email, type }));

async function account(of = email): Promise<SandboxPerson | undefined> {
  const [first, ...others] = await portal.withEmail(of);
  expect(others).toEqual([]);
  return first;
}

const shownType = async (): Promise<string> => typeIn(await shown(portal, `GET /people/email?email=${email}`));
const onRelease = async (): Promise<SandboxPerson | undefined> => {
  await portal.release();
  return account();
};

describe('a statement of a create', () => {
  it.each([
    ['password', 'before', { password: false, mails: 0 }],
    ['account', 'after', { password: false, mails: 0 }],
    ['password', 'after', { password: true, mails: 0 }],
    ['mail', 'before', { password: true, mails: 0 }],
    ['mail', 'after', { password: true, mails: 0 }],
    ['group', 'before', { password: true, mails: 1 }],
  ] as const)('%s disturbed %s its execution leaves a RoomAdmin with %j', async (statement, disturbed, left) => {
    await disturb({ statement, disturbed });
    expect(await create()).toMatchObject({ status: 500 });
    expect(await account()).toMatchObject({ ...left, type: 'RoomAdmin', groups: [], shown: 'RoomAdmin' });
    expect(await create()).toMatchObject({ status: 400, message: 'User with this email is already registered' });
    expect(await portal.fired()).toEqual([1]);
  });

  it('account disturbed before its execution leaves nothing', async () => {
    await disturb({ statement: 'account', disturbed: 'before' });
    expect(await create()).toMatchObject({ status: 500 });
    expect(await account()).toBeUndefined();
    expect(await create()).toMatchObject({ status: 200 });
  });

  it('group executed without an answer shows a RoomAdmin until the next role write', async () => {
    await disturb({ statement: 'group', disturbed: 'after' });
    expect(await create()).toMatchObject({ status: 500 });
    expect(await account()).toMatchObject({ type: 'User', shown: 'RoomAdmin', password: true, mails: 1 });
    expect(await shownType()).toBe('RoomAdmin');
    const { id } = (await account()) as SandboxPerson;
    expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds({ id }))).toMatchObject({ status: 403 });
    await add(portal, 'User');
    expect(await shownType()).toBe('User');
  });

  it.each(['account', 'password', 'mail', 'group'] as const)(
    '%s held runs late, and the rest runs after it',
    async (statement) => {
      await disturb({ statement, disturbed: 'hold', ends: 'reset' });
      await expect(create()).rejects.toThrow('fetch failed');
      const before = await account();
      if (statement === 'account') expect(before).toBeUndefined();
      else expect(before).toMatchObject({ type: 'RoomAdmin', shown: 'RoomAdmin' });
      await portal.release();
      await portal.reached('POST /people', 'lost');
      expect(await account()).toMatchObject({ type: 'User', shown: 'User', password: true, mails: 1 });
    },
  );

  it('mail held delays the answer', async () => {
    await disturb({ statement: 'mail', disturbed: 'hold', milliseconds: 50 });
    expect(await create()).toMatchObject({ status: 200, people: [{ email, isCollaborator: true }] });
  });

  it.each([
    ['account', { type: 'RoomAdmin', shown: 'RoomAdmin', password: false, mails: 0 }],
    ['password', { type: 'RoomAdmin', shown: 'RoomAdmin', password: true, mails: 0 }],
    ['mail', { type: 'RoomAdmin', shown: 'RoomAdmin', password: true, mails: 0 }],
    ['group', { type: 'User', shown: 'RoomAdmin', password: true, mails: 1 }],
  ] as const)('%s that outlives the server’s request is the last one to run', async (statement, left) => {
    await disturb({ statement, disturbed: 'timeout' });
    expect(await create()).toMatchObject({ status: 500 });
    expect(await onRelease()).toMatchObject(left);
  });

  it('group held runs after the given number of reads', async () => {
    await disturb({ statement: 'group', disturbed: 'hold', reads: 2, ends: 'reset' });
    await expect(create()).rejects.toThrow('fetch failed');
    await add(portal, 'Guest');
    expect([await shownType(), await shownType(), await shownType()]).toEqual(['RoomAdmin', 'RoomAdmin', 'User']);
  });

  it('of another person is not disturbed', async () => {
    await disturb({ statement: 'group', disturbed: 'before' });
    expect(await ask(portal, 'POST /people', newcomer())).toMatchObject({ status: 200 });
    expect(await portal.fired()).toEqual([0]);
  });
});

describe('two creates of one person', () => {
  async function whileHeld(second: () => Promise<unknown>): Promise<void> {
    await disturb({ statement: 'account', disturbed: 'hold' });
    const first = create('User');
    await portal.reached('POST /people', 'held');
    await second();
    await first;
  }

  it('of one class wait for each other, and the second is refused', async () => {
    await whileHeld(async () => {
      const second = create('User');
      await portal.reached('POST /people', 'received', 2);
      await portal.release();
      expect(await second).toMatchObject({ status: 400, message: 'Duplicate UserName' });
    });
    expect(await portal.withEmail(email)).toHaveLength(1);
  });

  it('of different classes make two accounts', async () => {
    await whileHeld(async () => {
      expect(await create('RoomAdmin')).toMatchObject({ status: 200 });
      await portal.release();
    });
    expect((await portal.withEmail(email)).map(({ type }) => type).sort()).toEqual(['RoomAdmin', 'User']);
  });

  it('make two accounts if the first statement outlives its request', async () => {
    await disturb({ statement: 'account', disturbed: 'timeout' });
    await create();
    expect(await create()).toMatchObject({ status: 200 });
    await portal.release();
    expect((await portal.withEmail(email)).map(({ type }) => type)).toEqual(['User', 'RoomAdmin']);
  });

  it.each([
    ['already registered', 400],
    ['Duplicate UserName', 400],
    ['Duplicate Email', 400],
    ['User already exist.', 403],
  ] as const)('tell the loser "%s" with a %i', async (answer, status) => {
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'lost-race', answer } });
    expect(await create()).toMatchObject({ status, message: expect.stringContaining(answer) });
    expect(await account()).toMatchObject({ type: 'User' });
  });
});

describe('a statement of a role write', () => {
  const raise = async (type: string) => {
    const { id } = (await account()) as SandboxPerson;
    return ask(portal, `PUT /people/type/${type}`, userIds({ id }));
  };

  beforeEach(async () => void (await create()));

  it('commit disturbed before its execution changes nothing', async () => {
    await disturb({ statement: 'commit', disturbed: 'before' });
    expect(await raise('RoomAdmin')).toMatchObject({ status: 500 });
    expect(await account()).toMatchObject({ type: 'User', shown: 'User' });
  });

  it('commit executed without an answer shows the old role until it is repeated', async () => {
    await disturb({ statement: 'commit', disturbed: 'after' });
    expect(await raise('RoomAdmin')).toMatchObject({ status: 500 });
    expect(await account()).toMatchObject({ type: 'RoomAdmin', shown: 'User' });
    expect(await raise('RoomAdmin')).toMatchObject({ status: 200 });
    expect(await account()).toMatchObject({ type: 'RoomAdmin', shown: 'RoomAdmin' });
  });

  it('commit held makes the next write of this person wait', async () => {
    await disturb({ statement: 'commit', disturbed: 'hold', ends: 'reset' });
    await expect(raise('RoomAdmin')).rejects.toThrow('fetch failed');
    const next = raise('RoomAdmin');
    await portal.reached('PUT /people/type/{type}', 'received', 2);
    expect(await account()).toMatchObject({ type: 'User', shown: 'User' });
    await portal.release();
    expect(await next).toMatchObject({ status: 200 });
    expect(await account()).toMatchObject({ type: 'RoomAdmin', shown: 'RoomAdmin' });
  });

  it('second-group disturbed before its execution leaves a RoomAdmin', async () => {
    await disturb({ statement: 'second-group', disturbed: 'before' });
    expect(await raise('DocSpaceAdmin')).toMatchObject({ status: 500 });
    expect(await account()).toMatchObject({ type: 'RoomAdmin', shown: 'RoomAdmin' });
  });
});

describe('two group rows', () => {
  beforeEach(async () => {
    await disturb({ statement: 'group', disturbed: 'after' });
    await create();
    const { id } = (await account()) as SandboxPerson;
    await ask(portal, 'PUT /people/type/DocSpaceAdmin', userIds({ id }));
  });

  it('turn a change to RoomAdmin into a change to User, once', async () => {
    expect(await account()).toMatchObject({ groups: ['User', 'Admin'], shown: 'DocSpaceAdmin' });
    const { id } = (await account()) as SandboxPerson;
    const lowered = await ask(portal, 'PUT /people/type/RoomAdmin', userIds({ id }));
    expect([lowered.status, typeIn(lowered.people[0]), await shownType()]).toEqual([200, 'User', 'User']);
    expect(typeIn((await ask(portal, 'PUT /people/type/RoomAdmin', userIds({ id }))).people[0])).toBe('RoomAdmin');
  });

  it('become one after POST /people/type', async () => {
    const { id } = (await account()) as SandboxPerson;
    await ask(portal, 'POST /people/type', { type: 'User', userId: id });
    await shownType();
    expect(await shownType()).toBe('User');
    expect(await account()).toMatchObject({ groups: ['User'] });
  });
});

describe('a demotion job', () => {
  async function demoteRoomAdmin(): Promise<string> {
    await create('RoomAdmin');
    const { id } = (await account()) as SandboxPerson;
    await ask(portal, 'POST /people/type', { type: 'User', userId: id });
    return id;
  }

  async function progress(id: string): Promise<unknown> {
    const { response } = (await (await portal.raw('GET', `/people/type/progress/${id}`)).json()) as {
      response: unknown;
    };
    return response;
  }

  it('fails if its statement gets no answer', async () => {
    await disturb({ statement: 'group', disturbed: 'after' });
    const id = await demoteRoomAdmin();
    await progress(id);
    expect(await progress(id)).toMatchObject({ status: 4, error: 'Failed to read the result set.' });
    expect(await account()).toMatchObject({ type: 'User', shown: 'RoomAdmin' });
  });

  it('runs until its held statement is released', async () => {
    await disturb({ statement: 'group', disturbed: 'hold' });
    const id = await demoteRoomAdmin();
    await progress(id);
    expect(await progress(id)).toMatchObject({ status: 1 });
    await portal.release();
    expect(await progress(id)).toMatchObject({ status: 2 });
    expect(await account()).toMatchObject({ type: 'User', shown: 'User' });
  });
});

it('a new account shows as RoomAdmin until its last statement has run', async () => {
  await portal.quirks({ roleMoment: 3_000 });
  const created = create();
  await portal.reached('POST /people', 'committed');
  expect(await shownType()).toBe('RoomAdmin');
  expect(await created).toMatchObject({ status: 200, people: [{ isCollaborator: true }] });
  expect(await shownType()).toBe('User');
});

it('a 429 can come late', async () => {
  await portal.faults({ route: 'GET /people/@self', does: { kind: 'answer', status: 429, delay: 60 } });
  const before = performance.now();
  expect(await ask(portal, 'GET /people/@self')).toMatchObject({ status: 429 });
  expect(performance.now() - before).toBeGreaterThanOrEqual(59);
});
