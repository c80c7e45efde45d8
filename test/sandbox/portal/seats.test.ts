import { describe, expect, it, onTestFinished } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, read, self, shown, typeIn, userIds } from '../call-portal.js';

/** The owner, the DocSpaceAdmin and the RoomAdmin who hold keys take three seats. */
async function portalWith(freeSeats: number): Promise<TestPortal> {
  const portal = await TestPortal.start({ seats: 3 + freeSeats });
  onTestFinished(() => portal.close());
  return portal;
}

describe('a create with all paid seats taken', () => {
  it.each([undefined, 'All', 'RoomAdmin', 'DocSpaceAdmin'])('with type %j makes a User', async (type) => {
    const portal = await portalWith(0);
    const created = await shown(portal, 'POST /people', newcomer({ type }));
    expect(typeIn(created)).toBe('User');
    expect(typeIn(await read(portal, created))).toBe('User');
  });

  it.each([undefined, 'All', 'RoomAdmin', 'DocSpaceAdmin'])('/active with type %j is a 402', async (type) => {
    const portal = await portalWith(0);
    const person = newcomer({ type });
    const refused = await ask(portal, 'POST /people/active', person);
    expect(refused).toMatchObject({ status: 402, message: expect.any(String) });
    expect(await portal.withEmail(person.email)).toEqual([]);
  });

  it.each(['POST /people', 'POST /people/active'])('%s still makes a User', async (route) => {
    expect(typeIn(await shown(await portalWith(0), route, newcomer({ type: 'User' })))).toBe('User');
  });

  it('/active still makes a Guest', async () => {
    expect(typeIn(await add(await portalWith(0), 'Guest'))).toBe('Guest');
  });
});

it('Users and Guests take no seat', async () => {
  const portal = await portalWith(2);
  for (const type of ['User', 'Guest', 'RoomAdmin', 'DocSpaceAdmin']) await add(portal, type);
  expect(await ask(portal, 'POST /people/active', newcomer())).toMatchObject({ status: 402 });
});

it('a disabled account frees its seat', async () => {
  const portal = await portalWith(0);
  await shown(portal, 'PUT /people/status/Terminated', userIds(await self(portal, 'roomAdmin')));
  expect(typeIn(await shown(portal, 'POST /people', newcomer()))).toBe('RoomAdmin');
  expect(typeIn(await shown(portal, 'POST /people', newcomer()))).toBe('User');
});

describe('PUT /people/type/{type} with all paid seats taken', () => {
  it.each([
    ['Guest', 'RoomAdmin'],
    ['User', 'RoomAdmin'],
    ['Guest', 'DocSpaceAdmin'],
    ['User', 'DocSpaceAdmin'],
  ])('is a 402 from %s to %s', async (from, to) => {
    const portal = await portalWith(0);
    const person = await add(portal, from);
    expect(await ask(portal, `PUT /people/type/${to}`, userIds(person))).toMatchObject({ status: 402 });
    expect(typeIn(await read(portal, person))).toBe(from);
  });

  it('changes people who have a seat or need none', async () => {
    const portal = await portalWith(0);
    const roomAdmin = await self(portal, 'roomAdmin');
    expect(typeIn(await shown(portal, 'PUT /people/type/DocSpaceAdmin', userIds(roomAdmin)))).toBe('DocSpaceAdmin');
    expect(typeIn(await shown(portal, 'PUT /people/type/RoomAdmin', userIds(roomAdmin)))).toBe('RoomAdmin');
    expect(typeIn(await shown(portal, 'PUT /people/type/User', userIds(await add(portal, 'Guest'))))).toBe('User');
  });

  it('keeps the changes of people who got a seat', async () => {
    const portal = await portalWith(1);
    const people = [await add(portal, 'User'), await add(portal, 'User')];
    expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds(...people))).toMatchObject({ status: 402 });
    const after = await Promise.all(people.map((person) => read(portal, person)));
    expect(after.map(typeIn)).toEqual(['RoomAdmin', 'User']);
  });

  it('checks rights before seats', async () => {
    const portal = await portalWith(0);
    const person = await add(portal, 'User');
    const refused = await ask(portal, 'PUT /people/type/RoomAdmin', userIds(person), 'roomAdmin');
    expect(refused).toMatchObject({ status: 403 });
  });
});

describe('a disabled account whose seat is taken', () => {
  it('is refused by PUT /people/status/Active, unless it is a User', async () => {
    const portal = await portalWith(0);
    const [roomAdmin, user] = [await self(portal, 'roomAdmin'), await add(portal, 'User')];
    await shown(portal, 'PUT /people/status/Terminated', userIds(roomAdmin, user));
    await add(portal, 'RoomAdmin');
    expect(await ask(portal, 'PUT /people/status/Active', userIds(roomAdmin))).toMatchObject({ status: 402 });
    expect(await read(portal, roomAdmin)).toMatchObject({ status: 2 });
    expect(await shown(portal, 'PUT /people/status/Active', userIds(user))).toMatchObject({ status: 1 });
  });

  it('is enabled by PUT /people/{id} nevertheless', async () => {
    const portal = await portalWith(0);
    const { id } = await self(portal, 'roomAdmin');
    await shown(portal, `PUT /people/${id}`, { disable: true });
    await add(portal, 'RoomAdmin');
    expect(await shown(portal, `PUT /people/${id}`, { disable: false })).toMatchObject({ status: 1 });
  });
});

describe('PUT /people/{id} {isUser} with all paid seats taken', () => {
  it('false needs a seat for a Guest who would be a RoomAdmin', async () => {
    const portal = await portalWith(0);
    const [guest, user] = [await add(portal, 'Guest'), await add(portal, 'User')];
    await shown(portal, `PUT /people/${user.id}`, { isUser: true });
    expect(await ask(portal, `PUT /people/${guest.id}`, { isUser: false })).toMatchObject({ status: 402 });
    expect(typeIn(await read(portal, guest))).toBe('Guest');
    expect(typeIn(await shown(portal, `PUT /people/${user.id}`, { isUser: false }))).toBe('User');
  });
});
