import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, newcomer, nobody, self, shown } from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

const json = 'application/json; charset=utf-8';

describe('a 200', () => {
  it('has an envelope', async () => {
    const answer = await portal.raw('GET', '/people/email?email=olivia@sandbox.example');
    expect(answer.headers.get('content-type')).toBe(json);
    expect(answer.headers.has('server-timing')).toBe(true);
    expect(await answer.json()).toEqual({
      response: expect.objectContaining({ email: 'olivia@sandbox.example' }),
      count: 1,
      links: [{ href: `${portal.url}/api/2.0/people/email?email=olivia@sandbox.example`, action: 'GET' }],
      status: 0,
      statusCode: 200,
    });
  });

  it('is the answer to a create, not a 201', async () => {
    for (const path of ['/people', '/people/active']) {
      const answer = await portal.raw('POST', path, newcomer());
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ count: 1, status: 0, statusCode: 200 });
    }
  });

  it('counts the people of a list', async () => {
    const userIds = [(await add(portal, 'User')).id, (await add(portal, 'User')).id];
    const answer = await portal.raw('PUT', '/people/status/Terminated', { userIds });
    expect(await answer.json()).toMatchObject({ response: [{}, {}], count: 2 });
  });
});

describe('an error of the portal', () => {
  it.each([
    [400, 'POST', '/people', newcomer({ firstName: 'J4ne' })],
    [403, 'POST', '/people', newcomer({ type: 'Guest' })],
    [404, 'GET', `/people/${nobody}`, undefined],
    [500, 'POST', '/people', newcomer({ email: 'a..b@example.com' })],
  ])('is an object in a %i, and leaks its type and stack', async (status, method, path, body) => {
    const answer = await portal.raw(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe(json);
    expect(await answer.json()).toEqual({
      error: {
        message: expect.any(String),
        type: expect.any(String),
        stack: expect.any(String),
        hresult: expect.any(Number),
      },
      status: 1,
      statusCode: status,
    });
  });

  it('is a System.ArgumentException if an e-mail is taken', async () => {
    const answer = await portal.raw('POST', '/people', newcomer({ email: 'olivia@sandbox.example' }));
    expect(await answer.json()).toMatchObject({ error: { type: 'System.ArgumentException', hresult: -2147024809 } });
  });
});

describe('a body that does not fit', () => {
  it('is a 400 without an error member', async () => {
    const answer = await portal.raw('POST', '/people', newcomer({ firstName: 'a'.repeat(256) }));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toEqual({
      response: expect.objectContaining({
        errors: { FirstName: ['The field FirstName must be a string with a maximum length of 255.'] },
        title: 'One or more validation errors occurred.',
        status: 400,
      }),
      count: 1,
      links: [{ href: `${portal.url}/api/2.0/people`, action: 'POST' }],
      status: 1,
      statusCode: 400,
    });
  });

  it('names the invalid type of a route', async () => {
    const answer = await portal.raw('PUT', '/people/type/Manager', { userIds: [] });
    expect(await answer.json()).toMatchObject({
      response: { errors: { type: ["The value 'Manager' is not valid for Type."] } },
    });
  });
});

describe('a 401 with an empty body', () => {
  it.each([
    ['no key', () => undefined],
    ['a key that nobody has', () => `Bearer sk-${'0'.repeat(64)}`],
    ['no Bearer', (key: string) => key],
    ['a bearer in small letters', (key: string) => `bearer ${key}`],
    ['two spaces', (key: string) => `Bearer  ${key}`],
  ])('answers %s', async (_, authorization) => {
    const value = authorization(portal.keys.owner);
    const answer = await fetch(`${portal.url}/api/2.0/people/@self`, {
      ...(value !== undefined && { headers: { authorization: value } }),
    });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toBe('');
  });

  it('answers the key of a disabled account before any other check', async () => {
    const { id } = await self(portal, 'user');
    await shown(portal, 'PUT /people/status/Terminated', { userIds: [id] });
    expect((await ask(portal, 'GET /people/@self', undefined, 'user')).status).toBe(401);
    expect((await ask(portal, 'POST /people', '{', 'user')).status).toBe(401);
    expect((await ask(portal, `GET /people/${nobody}`, undefined, 'user')).status).toBe(401);
    await shown(portal, 'PUT /people/status/Active', { userIds: [id] });
    expect((await ask(portal, 'GET /people/@self', undefined, 'user')).status).toBe(200);
  });
});

describe('an answer without an envelope', () => {
  it('is a 405 with Allow for another method of a known path', async () => {
    const answer = await portal.raw('PATCH', '/people', {});
    expect([answer.status, answer.headers.get('allow'), await answer.text()]).toEqual([405, 'GET, POST', '']);
  });

  it('is a 414 for a request line of more than 8,192 bytes', async () => {
    const line = 'GET /api/2.0/people/filter?filterValue= HTTP/1.1\r\n';
    const statusWith = async (bytes: number): Promise<number> =>
      (await portal.raw('GET', `/people/filter?filterValue=${'a'.repeat(bytes - line.length)}`)).status;
    expect([await statusWith(8_192), await statusWith(8_193)]).toEqual([200, 414]);
  });
});

describe('fields', () => {
  const membersWith = async (fields: string): Promise<string[]> => {
    const answer = await portal.raw('GET', `/people/email?email=olivia@sandbox.example&fields=${fields}`);
    return Object.keys(((await answer.json()) as { response: object }).response);
  };

  it('keeps the named members', async () => {
    expect(await membersWith('id,email,isOwner')).toEqual(['email', 'isOwner', 'id']);
  });

  it.each([
    ['unknown', []],
    ['Email', []],
    ['email, id', ['email']],
  ])('"%s" keeps %j', async (fields, members) => {
    expect(await membersWith(encodeURIComponent(fields))).toEqual(members);
  });
});

it('a comment loses characters beyond the BMP after the answer to its create', async () => {
  const created = await shown(portal, 'POST /people', newcomer({ comment: 'done ✓ 😀' }));
  expect(created).toMatchObject({ notes: 'done ✓ 😀' });
  expect(await shown(portal, `GET /people/${created.id}`)).toMatchObject({ notes: 'done ✓ ?' });
});
