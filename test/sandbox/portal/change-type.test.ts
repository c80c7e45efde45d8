import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import {
  add,
  ask,
  denied,
  holders,
  newcomer,
  nobody,
  read,
  self,
  shown,
  typeIn,
  userIds,
  type Shown,
} from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

describe('PUT /people/type/{type}', () => {
  const administrators = ['owner', 'docSpaceAdmin'];

  it.each([
    ['Guest', 'Guest', []],
    ['Guest', 'User', administrators],
    ['Guest', 'RoomAdmin', administrators],
    ['Guest', 'DocSpaceAdmin', ['owner']],
    ['User', 'Guest', []],
    ['User', 'User', []],
    ['User', 'RoomAdmin', administrators],
    ['User', 'DocSpaceAdmin', ['owner']],
    ['RoomAdmin', 'Guest', []],
    ['RoomAdmin', 'User', []],
    ['RoomAdmin', 'RoomAdmin', []],
    ['RoomAdmin', 'DocSpaceAdmin', ['owner']],
    ['DocSpaceAdmin', 'Guest', []],
    ['DocSpaceAdmin', 'User', []],
    ['DocSpaceAdmin', 'RoomAdmin', ['owner']],
    ['DocSpaceAdmin', 'DocSpaceAdmin', []],
  ])('from %s to %s is for %j', async (from, to, allowed: string[]) => {
    for (const holder of holders) {
      const person = await add(portal, from);
      const changed = await ask(portal, `PUT /people/type/${to}`, userIds(person), holder);
      const expected = allowed.includes(holder) ? { status: 200, people: [{ id: person.id }] } : denied;
      expect([holder, changed]).toMatchObject([holder, expected]);
      const after = changed.status === 200 ? to : from;
      for (const shows of [...changed.people, await read(portal, person)]) expect(typeIn(shows)).toBe(after);
    }
  });

  it('to the current type is a 403', async () => {
    const created = await shown(portal, 'POST /people', newcomer());
    expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds(created))).toMatchObject(denied);
    expect(typeIn(await read(portal, created))).toBe('RoomAdmin');
  });

  it('lets a RoomAdmin make a User of their own guest', async () => {
    const own = await shown(portal, 'POST /people', newcomer({ type: 'User' }), 'roomAdmin');
    await shown(portal, `PUT /people/${own.id}`, { isUser: true });
    expect(typeIn(await shown(portal, 'PUT /people/type/User', userIds(own), 'roomAdmin'))).toBe('User');
  });

  it.each(['rOOMaDMIN', '1'])('to %s makes a RoomAdmin', async (type) => {
    const person = await add(portal, 'Guest');
    expect(typeIn(await shown(portal, `PUT /people/type/${type}`, userIds(person)))).toBe('RoomAdmin');
  });

  it.each(['Manager', '8'])('to %s is refused', async (type) => {
    const person = await add(portal, 'User');
    expect(await ask(portal, `PUT /people/type/${type}`, userIds(person))).toMatchObject({
      status: 400,
      refused: ['type'],
    });
  });

  it.each(['All', '0', '5'])('to %s is a 403', async (type) => {
    expect(await ask(portal, `PUT /people/type/${type}`, userIds(await add(portal, 'User')))).toMatchObject(denied);
  });

  it.each(['RoomAdmin', 'DocSpaceAdmin'])('to %s is a 403 for oneself and for the owner', async (type) => {
    const [owner, admin] = [await self(portal, 'owner'), await self(portal, 'docSpaceAdmin')];
    expect(await ask(portal, `PUT /people/type/${type}`, userIds(owner), 'owner')).toMatchObject(denied);
    expect(await ask(portal, `PUT /people/type/${type}`, userIds(owner), 'docSpaceAdmin')).toMatchObject(denied);
    expect(await ask(portal, `PUT /people/type/${type}`, userIds(admin), 'docSpaceAdmin')).toMatchObject(denied);
  });

  it('is a 403 for a disabled account', async () => {
    const person = await add(portal, 'User');
    await shown(portal, 'PUT /people/status/Terminated', userIds(person));
    expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds(person))).toMatchObject(denied);
  });

  it('answers in the order of the request', async () => {
    const [one, two] = [await add(portal, 'User'), await add(portal, 'User')];
    const { people } = await ask(portal, 'PUT /people/type/RoomAdmin', userIds(two, one));
    expect(people.map(({ id }) => id)).toEqual([two.id, one.id]);
  });

  it('stops at the first refused id', async () => {
    const people = [await add(portal, 'User'), await add(portal, 'RoomAdmin'), await add(portal, 'User')];
    expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds(...people))).toMatchObject(denied);
    const after = await Promise.all(people.map((person) => read(portal, person)));
    expect(after.map(typeIn)).toEqual(['RoomAdmin', 'RoomAdmin', 'User']);
  });

  it('answers an unknown id with a made-up profile', async () => {
    const people = [await add(portal, 'User'), { id: nobody }, await add(portal, 'User')];
    const answer = await portal.raw('PUT', '/people/type/RoomAdmin', userIds(...people));
    const { count, response } = (await answer.json()) as { count: number; response: Shown[] };
    expect([answer.status, count]).toEqual([200, 1]);
    expect(response.map(typeIn)).toEqual(['RoomAdmin', '', 'RoomAdmin']);
    expect(response[1]).toMatchObject({ id: '4a515a15-d4d6-4b8e-828e-e0586f18f3a3', displayName: 'profile removed' });
    expect(response[1]).not.toHaveProperty('email');
  });

  it('refuses the second of two equal ids', async () => {
    const person = await add(portal, 'User');
    expect(await ask(portal, 'PUT /people/type/RoomAdmin', userIds(person, person))).toMatchObject(denied);
    expect(typeIn(await read(portal, person))).toBe('RoomAdmin');
  });

  it('needs a list of ids', async () => {
    const message = "Value cannot be null. (Parameter 'source')";
    expect(await ask(portal, 'PUT /people/type/User', {})).toMatchObject({ status: 400, message });
    expect(await ask(portal, 'PUT /people/type/User', '[')).toMatchObject({ status: 400, refused: ['$'] });
    const noId = { userIds: ['jane'] };
    expect(await ask(portal, 'PUT /people/type/User', noId)).toMatchObject({
      status: 400,
      refused: [expect.any(String)],
    });
  });
});
