import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Portal } from '../../src/docspace/portal.js';
import type { Role } from '../../src/domain/roles.js';
import { TestPortal } from '../support/portal.js';
import { enveloped, json, portalThat, profile, stopServers } from './answering-portal.js';

describe('a grouped look-up at the sandbox', () => {
  let sandbox: TestPortal;
  let portal: Portal;
  let before: number;

  beforeAll(async () => {
    sandbox = await TestPortal.start();
    portal = sandbox.as('owner');
    for (const email of ['ann@held.example', 'joann@held.example', 'ann@held.example.org', 'zoe@held.example']) {
      await create(email);
    }
  });

  afterAll(() => sandbox.close());

  beforeEach(async () => {
    before = (await sandbox.calls()).length;
  });

  const create = (email: string, type: Role = 'User') =>
    portal.createUserWithoutMail({ firstName: 'A', lastName: 'B', email, type, comment: '' });

  const calls = async (): Promise<string[]> => (await sandbox.calls()).slice(before);

  it('finds by the whole e-mail, with one call', async () => {
    const found = await portal.findByEmails(['Ann@held.example', 'zoe@held.example', 'nobody@held.example']);
    expect([...found.keys()].sort()).toEqual(['ann@held.example', 'zoe@held.example']);
    expect(found.get('ann@held.example')).toMatchObject({ email: 'ann@held.example', role: 'User', firstName: 'A' });
    expect(await calls()).toEqual(['GET /people/filter']);
  });

  it('finds out once whether the portal knows the separator, for all look-ups at the same time', async () => {
    const other = sandbox.as('owner');
    const nobody = (name: string) => [`${name}1@held.example`, `${name}2@held.example`];
    await Promise.all(['x', 'y', 'z'].map((name) => other.findByEmails(nobody(name))));
    expect(await calls()).toEqual(Array.from({ length: 3 + 2 }, () => 'GET /people/filter'));
  });

  it('never sends an empty value or one with the separator', async () => {
    await create('a|zoe@held.example');
    before = (await sandbox.calls()).length;
    const found = await portal.findByEmails(['', '  ', 'a|zoe@held.example', 'ann@held.example']);
    expect([...found.keys()].sort()).toEqual(['ann@held.example', 'a|zoe@held.example']);
    expect(await calls()).toEqual(['GET /people/email', 'GET /people/email']);
  });

  it('does not take an account for one whose e-mail differs in accents', async () => {
    expect([...(await portal.findByEmails(['zoë@held.example', 'ann@held.example'])).keys()]).toEqual([
      'ann@held.example',
    ]);
    expect(await portal.findByEmail('zoë@held.example')).toMatchObject({ email: 'zoe@held.example' });
    expect((await portal.findByEmails(['zoë@held.example'])).size).toBe(0);
  });

  it('finds an e-mail with an international domain as it was typed at the portal', async () => {
    await create('zoe@exämple.de');
    await create('ann@example.de');
    const stored = 'zoe@xn--exmple-cua.de';
    expect(await portal.findByEmail(stored)).toMatchObject({ email: stored });
    expect([...(await portal.findByEmails(['ann@held.example', 'zoe@exämple.de'])).keys()].sort()).toEqual([
      'ann@held.example',
      stored,
    ]);
    expect(await portal.findByEmail('ann@xn--exmple-cua.de')).toBeUndefined();
  });

  it('asks for at most 100 e-mails and 8,192 bytes at a time', async () => {
    const many = (count: number, length: number) =>
      Array.from({ length: count }, (_, i) => `${String(i).padStart(length, 'x')}@held.example`);
    await portal.findByEmails(many(101, 3).concat('ann@held.example'));
    expect(await calls()).toEqual(['GET /people/filter', 'GET /people/filter']);
    before = (await sandbox.calls()).length;
    await portal.findByEmails(many(99, 180).concat('ann@held.example'));
    expect((await calls()).length).toBe(3);
  });

  it('finds disabled and invited accounts, too', async () => {
    const { id } = await create('gone@held.example');
    await sandbox.raw('PUT', '/people/status/Terminated', { userIds: [id] });
    const found = await portal.findByEmails(['gone@held.example', 'ann@held.example']);
    expect(found.get('gone@held.example')).toMatchObject({ state: 'disabled' });
  });

  it('looks up alone whoever is not among the first 100 matches', async () => {
    for (let i = 0; i < 101; i++) await create(`${i}crowd@held.example`);
    await create('crowd@held.example');
    before = (await sandbox.calls()).length;
    const found = await portal.findByEmails(['crowd@held.example', 'ann@held.example']);
    expect([...found.keys()].sort()).toEqual(['ann@held.example', 'crowd@held.example']);
  });
});

describe('a portal before 2.6, which ignores the separator', () => {
  it('is asked one by one, once that is known', async () => {
    const seen: string[] = [];
    const portal = await portalThat(({ url = '' }, response) => {
      const { pathname, searchParams } = new URL(url, 'http://portal');
      seen.push(pathname.replace('/api/2.0', ''));
      const value = searchParams.get('filterValue') ?? searchParams.get('email') ?? '';
      const isFound = profile.email.includes(value);
      if (pathname.endsWith('/filter')) {
        response.writeHead(200, json).end(enveloped(isFound ? [profile] : [], { total: Number(isFound) }));
      } else if (isFound) response.writeHead(200, json).end(enveloped(profile));
      else response.writeHead(404, json).end(JSON.stringify({ status: 1, statusCode: 404 }));
    });
    for (let i = 0; i < 2; i++) {
      const found = await portal.findByEmails([profile.email, 'nobody@example.com']);
      expect([...found.keys()]).toEqual([profile.email]);
    }
    const [grouped, single] = ['/people/filter', '/people/email'];
    expect(seen).toEqual([grouped, grouped, grouped, single, single, single, single]);
  });
});

describe('an answer with a row that cannot be read', () => {
  it('leaves those open whom it does not show', async () => {
    const seen: string[] = [];
    const portal = await portalThat(({ url = '' }, response) => {
      seen.push(url.split('?')[0] ?? '');
      const other = { ...profile, email: 'jane@example.com' };
      const body = url.includes('/filter') ? enveloped([profile, { id: 7 }], { total: 2 }) : enveloped(other);
      response.writeHead(200, json).end(body);
    });
    const found = await portal.findByEmails([profile.email, 'jane@example.com']);
    expect([...found.keys()]).toEqual([profile.email, 'jane@example.com']);
    expect(seen).toEqual(['/api/2.0/people/filter', '/api/2.0/people/email']);
  });
});

describe('a gateway that accepts less than the portal', () => {
  it('is sent the e-mails one by one', async () => {
    const portal = await portalThat(({ url = '' }, response) => {
      if (url.includes('/filter')) response.writeHead(414).end();
      else response.writeHead(200, json).end(enveloped(profile));
    });
    expect([...(await portal.findByEmails([profile.email, 'jane@example.com'])).keys()]).toContain(profile.email);
  });
});

afterAll(stopServers);
