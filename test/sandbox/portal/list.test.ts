import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPortal } from '../../support/portal.js';
import { add, ask, denied, newcomer, shown, userIds, type Shown } from '../call-portal.js';

let portal: TestPortal;

beforeAll(async () => {
  portal = await TestPortal.start();
});

afterAll(() => portal.close());

describe('GET /people/filter', () => {
  const list = async (query: string, key?: string) => {
    const answer = await portal.raw('GET', `/people/filter?${query}`, undefined, key);
    return { status: answer.status, ...((await answer.json()) as { response: Shown[]; count: number; total: number }) };
  };

  it('pages everybody in order, with a total', async () => {
    const everybody = (await portal.people()).map(({ email }) => email).sort();
    const emails: string[] = [];
    for (let start = 0; start < everybody.length; start += 7) {
      const { response, count, total } = await list(`sortBy=email&count=7&startIndex=${start}`);
      expect({ count, total }).toEqual({ count: response.length, total: everybody.length });
      emails.push(...response.map(({ email }) => email));
    }
    expect(emails).toEqual(everybody);
  });

  it.each(['count=0', 'count=101', 'count=x', 'startIndex=-1'])('with %s is a 400', async (query) => {
    expect(await ask(portal, `GET /people/filter?${query}`)).toMatchObject({
      status: 400,
      refused: [expect.any(String)],
    });
  });

  it('filters by value and status', async () => {
    const person = await add(portal, 'User');
    await shown(portal, 'PUT /people/status/Terminated', userIds(person));
    const emails = async (more: string, key?: string) =>
      (await list(`filterValue=${person.email}&sortBy=email&${more}`, key)).response.map(({ email }) => email);
    expect(await emails('')).toContain(person.email);
    expect(await emails('employeeStatus=2')).toEqual([person.email]);
    expect(await emails('employeeStatus=1')).not.toContain(person.email);
    expect(await emails('', portal.keys.roomAdmin)).not.toContain(person.email);
  });

  it('finds one of several values with filterSeparator', async () => {
    const [one, two] = [await add(portal, 'User'), await add(portal, 'Guest')];
    const found = async (parts: string[], separator: string): Promise<string[]> => {
      const query = new URLSearchParams({
        filterValue: parts.join(separator),
        filterSeparator: separator,
        sortBy: 'email',
      });
      return (await list(query.toString())).response.map(({ email }) => email);
    };
    const both = [one.email, two.email];
    expect(await found([...both, 'absent@example.com'], '|')).toEqual(both);
    expect(await found([one.email.toUpperCase(), 'absent'], ';;')).toEqual([one.email]);
    expect(await found([`${one.email} `, ' x'], '|')).toEqual([]);
    expect(await found(both, ' ')).toEqual([]);
    expect(await found([one.email, ''], '|')).toHaveLength((await portal.people()).length);
  });

  it('ignores accents as the database does', async () => {
    const person = await shown(portal, 'POST /people', newcomer({ email: 'zoe@example.com' }));
    const query = `filterSeparator=%7C&filterValue=${encodeURIComponent('zoë@example.com|absent')}`;
    expect((await list(query)).response).toMatchObject([{ id: person.id }]);
  });

  it.each(['user', 'guest'] as const)('is a 403 for the %s', async (holder) => {
    expect(await ask(portal, 'GET /people/filter', undefined, holder)).toMatchObject(denied);
  });

  it('shows a RoomAdmin no guests of other people', async () => {
    const { response } = await list('count=100', portal.keys.roomAdmin);
    expect(response.filter(({ isVisitor }) => isVisitor)).toEqual([]);
  });
});
