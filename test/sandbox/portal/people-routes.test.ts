import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import {
  add,
  ask,
  denied,
  holders,
  newcomer,
  nobody,
  remove,
  self,
  shown,
  typeIn,
  type Shown,
} from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

const notFound = { status: 404, message: 'The user could not be found' };

const byId = ({ id }: Shown): string => `GET /people/${id}`;
const byEmail = ({ email }: Shown): string => `GET /people/email?email=${encodeURIComponent(email)}`;

describe('GET /people/{id}', () => {
  it('finds an account by id in any case, and by user name', async () => {
    const person = await add(portal, 'User');
    for (const word of [person.id, person.id.toUpperCase(), person.userName]) {
      expect(await shown(portal, `GET /people/${word}`)).toEqual(person);
    }
  });

  it('tries a user name before an id', async () => {
    const { id } = await add(portal, 'User');
    const namesake = await shown(portal, 'POST /people', newcomer({ email: `${id}@example.com` }));
    expect(await shown(portal, `GET /people/${id}`)).toMatchObject({ id: namesake.id });
  });

  it('shows a disabled account', async () => {
    const { id } = await add(portal, 'User');
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [id] });
    expect(await shown(portal, `GET /people/${id}`)).toMatchObject({ status: 2 });
  });

  it.each([nobody, 'nobody'])('is a 404 for %s', async (word) => {
    expect(await ask(portal, `GET /people/${word}`)).toMatchObject(notFound);
  });
});

describe('GET /people/@self', () => {
  it.each([
    ['owner', 'Owner'],
    ['docSpaceAdmin', 'DocSpaceAdmin'],
    ['roomAdmin', 'RoomAdmin'],
    ['user', 'User'],
    ['guest', 'Guest'],
  ] as const)('shows the %s key’s holder as %s', async (holder, type) => {
    expect(typeIn(await self(portal, holder))).toBe(type);
  });
});

describe('GET /people/email', () => {
  it('finds an account by e-mail, trimmed and in any case', async () => {
    const person = await add(portal, 'Guest');
    for (const email of [person.email, ` ${person.email} `, person.email.toUpperCase()]) {
      expect(await shown(portal, byEmail({ ...person, email }))).toEqual(person);
    }
    expect(await ask(portal, byEmail({ ...person, email: `x${person.email}` }))).toMatchObject(notFound);
  });

  it('finds disabled but not deleted accounts', async () => {
    const person = await add(portal, 'User');
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [person.id] });
    expect(await shown(portal, byEmail(person))).toMatchObject({ id: person.id, status: 2 });
    await remove(portal, person);
    expect(await ask(portal, byEmail(person))).toMatchObject(notFound);
  });

  it('needs a valid e-mail', async () => {
    const message = expect.stringContaining("(Parameter 'email')") as string;
    expect(await ask(portal, 'GET /people/email?email=')).toMatchObject({ status: 400, message });
    expect(await ask(portal, 'GET /people/email?email=jane')).toMatchObject({ status: 400, refused: ['email'] });
  });
});

describe('the visibility of accounts', () => {
  const everybody = ['Owner', 'DocSpaceAdmin', 'RoomAdmin', 'User', 'Guest'];

  it.each([
    ['owner', everybody],
    ['docSpaceAdmin', everybody],
    ['roomAdmin', ['Owner', 'DocSpaceAdmin', 'RoomAdmin', 'User']],
    ['user', []],
    ['guest', []],
  ] as const)('the %s sees %j', async (holder, seen: readonly string[]) => {
    for (const type of everybody) {
      const other = type === 'Owner' ? await self(portal, 'owner') : await add(portal, type);
      const expected = seen.includes(type) ? { status: 200, people: [{ id: other.id }] } : denied;
      expect([type, await ask(portal, byId(other), undefined, holder)]).toMatchObject([type, expected]);
      expect([type, await ask(portal, byEmail(other), undefined, holder)]).toMatchObject([type, expected]);
    }
  });

  it.each(holders)('the %s sees their own profile', async (holder) => {
    const own = await self(portal, holder);
    expect(await shown(portal, byId(own), undefined, holder)).toMatchObject({ id: own.id });
    expect(await shown(portal, byEmail(own), undefined, holder)).toMatchObject({ id: own.id });
  });

  it('a RoomAdmin sees their own guests', async () => {
    const own = await shown(portal, 'POST /people', newcomer({ type: 'User' }), 'roomAdmin');
    await shown(portal, `PUT /people/${own.id}`, { isUser: true });
    expect(typeIn(await shown(portal, byId(own), undefined, 'roomAdmin'))).toBe('Guest');
  });

  it.each(holders)('an unknown id is a 404 for the %s', async (holder) => {
    expect(await ask(portal, `GET /people/${nobody}`, undefined, holder)).toMatchObject(notFound);
  });
});
