import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyHolder } from '../../../src/sandbox/portal/seed.js';
import { TestPortal } from '../../support/portal.js';
import { add, ask, denied, newcomer, nobody, self, shown, type Shown } from '../call-portal.js';

let portal: TestPortal;

beforeEach(async () => {
  portal = await TestPortal.start({ rooms: 6 });
});

afterEach(() => portal.close());

interface Room {
  id: number;
  title: string;
  roomType: number;
  inRoom: boolean;
  access: number;
  rootFolderType: number;
  security: { EditAccess: boolean };
}

async function room(route: string, body?: unknown, holder?: KeyHolder): Promise<Room> {
  return (await shown(portal, route, body, holder)) as unknown as Room;
}

const newRoom = (given: object = {}, holder?: KeyHolder): Promise<Room> =>
  room('POST /files/rooms', { title: 'Maths', roomType: 5, ...given }, holder);

const titles = async (query = '', holder?: KeyHolder): Promise<string[]> => {
  const list = (await shown(portal, `GET /files/rooms${query}`, undefined, holder)) as unknown as { folders: Room[] };
  return list.folders.map(({ title }) => title);
};

interface Row {
  access: number;
  sharedTo: { id: string; email?: string; name?: string };
  isOwner: boolean;
  isLocked: boolean;
}

/** The rows of a room as access and id, in the portal's order. */
async function rows({ id }: Room, query = '', holder?: KeyHolder): Promise<[number, string][]> {
  const { people } = await ask(portal, `GET /files/rooms/${id}/share${query}`, undefined, holder);
  return (people as unknown as Row[]).map(({ access, sharedTo }) => [access, sharedTo.id]);
}

type Invitation = Record<string, unknown> | null;

const share = (
  { id }: Room,
  invitations: Invitation | Invitation[],
  { holder, ...given }: { holder?: KeyHolder; notify?: boolean } = {},
): ReturnType<typeof ask> =>
  ask(portal, `PUT /files/rooms/${id}/share`, { invitations: [invitations].flat(), ...given }, holder);

const withMembers = (...members: unknown[]): object => ({ status: 200, people: [{ members, error: 0 }] });

describe('a room', () => {
  it('has its title rewritten', async () => {
    const { title } = await newRoom({ title: ' a/b:c*d?e"f<g>h|i\\j#k+l ' });
    expect(title).toBe('a_b_c_d_e_f_g_h_i_j#k_l');
    expect(await newRoom({ title: '5a 🎒' })).toMatchObject({ title: '5a __' });
  });

  it.each([
    [{ roomType: 3 }, { status: 400 }],
    [{ roomType: null }, { status: 400, refused: ['$.roomType'] }],
    [{ roomType: undefined }, { status: 400, refused: ['$'] }],
    [{ title: '  ' }, { status: 400 }],
    [{ title: 'a'.repeat(171) }, { status: 400, refused: ['Title'] }],
  ])('with %j is refused', async (given, refusal) => {
    expect(await ask(portal, 'POST /files/rooms', { title: 'Maths', roomType: 5, ...given })).toMatchObject(refusal);
  });

  it('is not created over the quota, but archived rooms do not count', async () => {
    const rooms = await Promise.all([1, 2, 5, 6, 8, 9].map((roomType) => newRoom({ roomType })));
    expect(await ask(portal, 'POST /files/rooms', { title: 'Maths', roomType: 5 })).toMatchObject({
      status: 402,
      message: 'The number of rooms should not exceed 6',
    });
    await shown(portal, `PUT /files/rooms/${rooms[0]!.id}/archive`, {});
    expect(await newRoom({ roomType: 'editingroom' })).toMatchObject({ roomType: 2 });
  });

  it('is found by a part of its title, its type and its owner', async () => {
    await newRoom({ title: 'Maths 5a' });
    await newRoom({ title: 'Library_', roomType: 2 }, 'roomAdmin');
    const { id } = await self(portal, 'roomAdmin');
    expect(await titles()).toEqual(['Library_', 'Maths 5a']);
    expect(await titles('?filterValue=MATHS')).toEqual(['Maths 5a']);
    expect(await titles('?filterValue=_')).toEqual(['Library_']);
    expect(await titles('?type=2')).toEqual(['Library_']);
    expect(await titles(`?subjectOwnerId=${id}`)).toEqual(['Library_']);
    expect(await titles('?count=1&startIndex=1')).toEqual(['Maths 5a']);
    expect(await titles('', 'roomAdmin')).toEqual(['Library_']);
    expect(await titles('', 'user')).toEqual([]);
    expect(await ask(portal, 'GET /files/rooms?count=101')).toMatchObject({ status: 400, refused: ['count'] });
  });

  it('is in the archive, where nobody changes its access', async () => {
    const { id, ...rest } = await newRoom();
    await shown(portal, `PUT /files/rooms/${id}/archive`, {});
    expect([await titles(), await titles('?searchArea=Archive')]).toEqual([[], ['Maths']]);
    expect(await room(`GET /files/rooms/${id}`)).toMatchObject({ rootFolderType: 20, security: { EditAccess: false } });
    expect(await share({ id, ...rest }, { id: nobody, access: 2 })).toMatchObject(denied);
  });

  it('is a 404 after its deletion', async () => {
    const { id } = await newRoom();
    await shown(portal, `DELETE /files/rooms/${id}`, {});
    expect(await ask(portal, `GET /files/rooms/${id}`)).toMatchObject({ status: 404 });
    expect(await ask(portal, 'GET /files/rooms/nope')).toMatchObject({ status: 404 });
  });
});

describe('the right to edit access', () => {
  it('belongs to the room’s owner and managers, not to the portal’s owner', async () => {
    const library = await newRoom({}, 'roomAdmin');
    const user = await add(portal, 'User');
    expect(await room(`GET /files/rooms/${library.id}`)).toMatchObject({
      inRoom: false,
      access: 3,
      security: { EditAccess: false },
    });
    expect(await share(library, { id: user.id, access: 2 })).toMatchObject(denied);
    const owner = await self(portal, 'owner');
    for (const access of [2, 10, 11]) {
      await share(library, { id: owner.id, access }, { holder: 'roomAdmin' });
      expect(await share(library, { id: user.id, access: 2 })).toMatchObject(denied);
    }
    await share(library, { id: owner.id, access: 9 }, { holder: 'roomAdmin' });
    expect(await room(`GET /files/rooms/${library.id}`)).toMatchObject({
      inRoom: true,
      security: { EditAccess: true },
    });
    expect(await share(library, { id: user.id, access: 2 })).toMatchObject({ status: 200 });
  });

  it('is missed in a 403 outside of the room, where the list is empty', async () => {
    const maths = await newRoom();
    const user = await add(portal, 'User');
    const refusal = { status: 403, message: "You don't have enough permission to view the folder content" };
    expect(await share(maths, { id: user.id, access: 2 }, { holder: 'user' })).toMatchObject(refusal);
    expect(await ask(portal, `GET /files/rooms/${maths.id}`, undefined, 'roomAdmin')).toMatchObject(refusal);
    expect(await rows(maths, '', 'roomAdmin')).toEqual([]);
  });

  it('is not checked for somebody who sees none of the people', async () => {
    const maths = await newRoom();
    const [user, ugo] = [await add(portal, 'User'), await self(portal, 'user')];
    await share(maths, { id: ugo.id, access: 2 });
    expect(await share(maths, { id: user.id, access: 2 }, { holder: 'user' })).toMatchObject(withMembers());
    expect(await share(maths, { id: ugo.id, access: 0 }, { holder: 'user' })).toMatchObject(withMembers());
    expect(await rows(maths)).toHaveLength(1);
  });
});

describe('an access', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99, -1];
  const permitted: Record<number, number[]> = {
    1: [7, 11],
    2: [2, 10, 11],
    5: [2, 5, 6, 10, 11],
    6: [11],
    8: [2, 7, 10, 11],
    9: [2, 11],
  };

  it.each([1, 2, 5, 6, 8, 9])('in a room of type %i follows the measured table', async (roomType) => {
    const created = await newRoom({ roomType });
    const group = await shown(portal, 'POST /group', { groupName: 'Teachers' });
    for (const type of ['DocSpaceAdmin', 'RoomAdmin', 'User', 'Guest', 'Group']) {
      const { id } = type === 'Group' ? group : await add(portal, type);
      const given: number[] = [];
      for (const access of numbers) {
        const { status } = await share(created, { id, access });
        if (status === 200) given.push(access);
        expect(status === 200 || status === 403).toBe(true);
      }
      const onlyReads = roomType === 9 && (type === 'Guest' || type === 'Group');
      const expected = onlyReads ? [2] : (permitted[roomType] ?? []);
      const manages = type === 'DocSpaceAdmin' || type === 'RoomAdmin';
      expect([type, given]).toEqual([type, [...expected, ...(manages ? [9] : [])].toSorted((a, b) => a - b)]);
    }
  });

  it.each(['Editing', '10', ' 10'])('of %j is Editing', async (access) => {
    const [maths, user] = [await newRoom(), await add(portal, 'User')];
    await share(maths, { Id: user.id, Access: access });
    expect(await rows(maths)).toContainEqual([10, user.id]);
  });

  it.each(['editing', 'Edit', '', null, true, 10.5, 1e10, undefined, 0])(
    'of %j removes the person with a 200',
    async (access) => {
      const [maths, user] = [await newRoom(), await add(portal, 'User')];
      await share(maths, { id: user.id, access: 2 });
      expect(await share(maths, { id: user.id, access })).toMatchObject(withMembers());
      expect(await rows(maths)).toHaveLength(1);
    },
  );

  it.each([99, -1, { a: 1 }, [10]])('of %j is refused, and nothing is removed', async (access) => {
    const [maths, user] = [await newRoom(), await add(portal, 'User')];
    await share(maths, { id: user.id, access: 2 });
    expect(await share(maths, { id: user.id, access })).toMatchObject({
      status: typeof access === 'number' ? 403 : 400,
    });
    expect(await rows(maths)).toContainEqual([2, user.id]);
  });
});

describe('a call for several people', () => {
  it('stops at the first refused one', async () => {
    const [maths, one, two] = [await newRoom(), await add(portal, 'User'), await add(portal, 'User')];
    const invitations = [
      { id: one.id, access: 10 },
      { id: two.id, access: 9 },
      { id: two.id, access: 2 },
    ];
    expect(await share(maths, invitations)).toMatchObject({
      status: 403,
      message: 'The role is not available for this user type',
    });
    expect((await rows(maths)).slice(1)).toEqual([[10, one.id]]);
  });

  it('stops at a statement that fails', async () => {
    const [maths, one, two] = [await newRoom(), await add(portal, 'User'), await add(portal, 'User')];
    const does = { kind: 'statement', statement: 'share', disturbed: 'before' } as const;
    await portal.faults({ route: 'PUT /files/rooms/{id}/share', about: two.email, does });
    const invitations = [one, two].map(({ id }) => ({ id, access: 10 }));
    expect(await share(maths, invitations)).toMatchObject({ status: 500 });
    expect((await rows(maths)).slice(1)).toEqual([[10, one.id]]);
  });

  it('gives somebody named twice the last access', async () => {
    const [maths, user] = [await newRoom(), await add(portal, 'User')];
    const invitations = [10, 2].map((access) => ({ id: user.id, access }));
    expect(await share(maths, invitations)).toMatchObject(withMembers({ access: 2, sharedTo: { id: user.id } }));
  });

  it('skips disabled people, whom it can remove', async () => {
    const [maths, user] = [await newRoom(), await add(portal, 'User')];
    await share(maths, { id: user.id, access: 10 });
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [user.id] });
    expect(await share(maths, { id: user.id, access: 2 })).toMatchObject(withMembers());
    expect((await rows(maths)).slice(1)).toEqual([[10, user.id]]);
    await share(maths, { id: user.id, access: 0 });
    expect((await rows(maths)).slice(1)).toEqual([]);
  });

  it('is refused with a missing invitation, and does nothing without any', async () => {
    const maths = await newRoom();
    expect(await share(maths, null)).toMatchObject({ status: 500 });
    expect(await share(maths, { id: 'nope', access: 2 })).toMatchObject({ refused: ['$.invitations[0].id'] });
    expect(await share(maths, [])).toMatchObject({ status: 200, people: [{ error: 0 }] });
  });

  it('shows an id that nobody has, and no list does', async () => {
    const maths = await newRoom();
    const lost = { access: 10, sharedTo: { displayName: 'profile removed' } };
    expect(await share(maths, { id: nobody, access: 10 })).toMatchObject(withMembers(lost));
    expect(await rows(maths)).toHaveLength(1);
  });
});

describe('the list of a room', () => {
  it('shows the owner a second time after somebody gives them an access', async () => {
    const [maths, owner] = [await newRoom(), await self(portal, 'owner')];
    await share(maths, { id: owner.id, access: 2 });
    expect(await rows(maths)).toEqual([
      [1, owner.id],
      [2, owner.id],
    ]);
    await share(maths, { id: owner.id, access: 0 });
    expect(await rows(maths)).toEqual([[1, owner.id]]);
  });

  it('omits people who are in the room through a group, whose row counts for them', async () => {
    const [maths, ugo] = [await newRoom(), await self(portal, 'user')];
    const group = await shown(portal, 'POST /group', { groupName: 'Teachers', members: [ugo.id] });
    await share(maths, { id: group.id, access: 10 });
    expect((await rows(maths)).slice(1)).toEqual([[10, group.id]]);
    const read = (): Promise<Room> => room(`GET /files/rooms/${maths.id}`, undefined, 'user');
    expect(await read()).toMatchObject({ access: 10, inRoom: false });
    await share(maths, { id: ugo.id, access: 2 });
    expect(await read()).toMatchObject({ access: 2, inRoom: true });
    await portal.raw('DELETE', `/group/${group.id}`);
    expect((await rows(maths)).slice(1)).toEqual([[2, ugo.id]]);
  });

  it('is filtered by kind and by name, and read in pages', async () => {
    const [maths, user] = [await newRoom(), await add(portal, 'User')];
    const group = await shown(portal, 'POST /group', { groupName: 'Teachers' });
    await share(
      maths,
      [user, group].map(({ id }) => ({ id, access: 10 })),
    );
    expect(await rows(maths, `?filterType=16&filterValue=${user.email.toUpperCase()}`)).toEqual([[10, user.id]]);
    expect(await rows(maths, '?filterType=Group')).toEqual([[10, group.id]]);
    expect(await rows(maths, '?filterType=2')).toEqual([]);
    expect(await rows(maths, '?count=1&startIndex=2')).toEqual([[10, user.id]]);
    const beyond = await portal.raw('GET', `/files/rooms/${maths.id}/share?startIndex=100`);
    expect(await beyond.json()).toMatchObject({ response: [], count: -97, total: 3 });
    expect(await ask(portal, `GET /files/rooms/${maths.id}/share?filterType=99`)).toMatchObject({
      refused: ['filterType'],
    });
  });

  it('follows a demotion: a RoomManager becomes a ContentCreator', async () => {
    const [maths, manager] = [await newRoom(), await add(portal, 'RoomAdmin')];
    await share(maths, { id: manager.id, access: 9 });
    await demote(manager, 'User');
    expect((await rows(maths)).slice(1)).toEqual([[11, manager.id]]);
  });
});

async function demote({ id }: Shown, type: string): Promise<void> {
  await shown(portal, 'POST /people/type', { userId: id, type });
  for (let reads = 0; reads < 2; reads++) await shown(portal, `GET /people/type/progress/${id}`);
}

describe('an invitation by e-mail', () => {
  it('of an unknown address makes a pending Guest, and mails them even without notify', async () => {
    const [maths, { email }] = [await newRoom(), newcomer()];
    expect(await share(maths, { email, access: 2 }, { notify: false })).toMatchObject(withMembers());
    const [guest] = await portal.withEmail(email);
    expect(guest).toMatchObject({ type: 'Guest', status: 4, roomMails: 1 });
    expect((await rows(maths)).slice(1)).toEqual([[2, guest?.id]]);
    await share(maths, { email, access: 0 });
    expect(await rows(maths)).toHaveLength(2);
  });

  it('makes nobody for a misspelt access or a room manager', async () => {
    const [maths, { email }] = [await newRoom(), newcomer()];
    expect(await share(maths, { email, access: 'editing' })).toMatchObject({ status: 200 });
    expect(await share(maths, { email, access: 9 })).toMatchObject({ status: 403 });
    expect(await share(maths, { email: 'not-an-address', access: 2 })).toMatchObject({
      refused: ['RoomInvitation.Invitations[0].Email'],
    });
    expect(await portal.withEmail(email)).toEqual([]);
  });

  it('adds a disabled person', async () => {
    const [maths, user] = [await newRoom(), await add(portal, 'User')];
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [user.id] });
    await share(maths, { email: user.email, access: 2 });
    expect((await rows(maths)).slice(1)).toEqual([[2, user.id]]);
  });
});

it('notify sends one mail for each change, and none for the same access again', async () => {
  const [maths, user] = [await newRoom(), await add(portal, 'User')];
  for (const [access, mails] of [
    [2, 1],
    [2, 1],
    [10, 2],
  ]) {
    await share(maths, { id: user.id, access }, { notify: true });
    expect(await portal.withEmail(user.email)).toMatchObject([{ roomMails: mails }]);
  }
  await share(maths, { id: user.id, access: 6 }, { notify: false });
  expect(await portal.withEmail(user.email)).toMatchObject([{ roomMails: 2 }]);
});

it('a second writer of the same row gets a 500', async () => {
  const [maths, user] = [await newRoom(), await add(portal, 'User')];
  const does = { kind: 'statement', statement: 'share', disturbed: 'hold' } as const;
  const route = 'PUT /files/rooms/{id}/share';
  await portal.faults({ route, times: 1, does });
  const first = share(maths, { id: user.id, access: 10 });
  await portal.reached(route, 'held');
  expect(await share(maths, { id: user.id, access: 2 })).toMatchObject({ status: 500 });
  await portal.release();
  expect(await first).toMatchObject({ status: 200 });
  expect((await rows(maths)).slice(1)).toEqual([[10, user.id]]);
});
