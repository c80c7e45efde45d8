import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, userIds } from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

async function newKey(permissions: string[]): Promise<string> {
  const answer = await portal.raw('POST', '/keys', { name: 'test', permissions });
  return ((await answer.json()) as { response: { key: string } }).response.key;
}

it('GET /keys/@self says what a key may do, and only the end of it', async () => {
  const key = await newKey(['accounts:read']);
  const answer = await portal.raw('GET', '/keys/@self', undefined, key);
  expect(await answer.json()).toMatchObject({
    response: { name: 'test', key: `sk-***${key.slice(-4)}`, permissions: ['accounts:read'], isActive: true },
  });
  expect(await (await portal.raw('GET', '/keys/@self')).json()).toMatchObject({ response: { permissions: [] } });
});

it('an unknown permission is refused', async () => {
  const message = 'Permissions are not valid.';
  expect(await ask(portal, 'POST /keys', { name: 'x', permissions: ['all'] })).toMatchObject({ status: 400, message });
});

describe('the permissions of a key', () => {
  async function statuses(permissions: string[]): Promise<Record<string, number>> {
    const key = await newKey(permissions);
    const person = await add(portal, 'User');
    const calls: [string, string, unknown?][] = [
      ['GET', '/people/@self'],
      ['GET', `/people/email?email=${person.email}`],
      ['GET', '/people/filter'],
      ['GET', '/group'],
      ['GET', `/people/${person.id}`],
      ['POST', '/people', newcomer()],
      ['POST', '/people/active', newcomer()],
      ['PUT', '/people/type/RoomAdmin', userIds(person)],
    ];
    const entries = calls.map(async ([method, path, body]) => {
      const { status } = await portal.raw(method, path, body, key);
      return [`${method} ${path.replace(/\?.*/, '').replace(person.id, '{id}')}`, status] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  it.each([
    [['accounts:read', 'accounts:write'], { self: 403, read: 200, group: 200, write: 200 }],
    [['accounts:write'], { self: 403, read: 200, group: 403, write: 200 }],
    [['accounts:read', 'accounts.self:read'], { self: 200, read: 200, group: 200, write: 403 }],
    [['files:read'], { self: 403, read: 403, group: 403, write: 403 }],
    [['*:read'], { self: 200, read: 200, group: 200, write: 403 }],
    [['*'], { self: 200, read: 200, group: 200, write: 200 }],
  ])('%j: %j', async (permissions, { self, read, group, write }) => {
    expect(await statuses(permissions)).toEqual({
      'GET /people/@self': self,
      'GET /people/email': read,
      'GET /people/filter': read,
      'GET /group': group,
      // The portal does not check these two.
      'GET /people/{id}': 200,
      'POST /people': 200,
      'POST /people/active': write,
      'PUT /people/type/RoomAdmin': write,
    });
  });
});
