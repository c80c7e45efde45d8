import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createsOf, csvOf, folderWith, lastJson, rows } from '../../support/import-files.js';
import { importOnce, importTwice } from '../../support/imports.js';
import { TestPortal } from '../../support/portal.js';
import { setupWorkerProcess } from '../../support/scene.js';
import { runStarter, spawnProgram, type Finished } from '../../support/starter.js';

/** `import` as a process, with a worker of its own, on a Temporal server that it did not start. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

const importIn = (cwd: string, ...flags: string[]): Promise<Finished> =>
  runStarter(['import', 'people.csv', ...flags], { cwd, env });

const imported = (cwd: string, ...flags: string[]): Promise<Finished> =>
  importTwice(portal, () => importIn(cwd, ...flags));

describe('import', () => {
  it('onboards everybody after it printed its plan, and prints a true headline', async () => {
    const people = rows('User', 'Manager', 'Guest');
    const { code, stdout, stderr } = await imported(folderWith(people));
    expect(code).toBe(0);
    expect(stderr).toContain(`3 accounts, 2 activation mails, 1 paid seat, at ${portal.url}`);
    expect(stderr).toMatch(/Started batch:[\da-f]+: the server has the whole list/);
    expect(stdout.split('\n')[0]).toBe('✓ 3 onboarded');
    const accounts = await portal.people();
    const types = people.map(({ email }) => accounts.filter((each) => each.email === email).map(({ type }) => type));
    expect(types).toEqual([['User'], ['RoomAdmin'], ['Guest']]);
  });

  it('writes the user’s own columns with the result of each row, and the rows to fix beside it', async () => {
    const people = rows('User', 'User', 'User');
    const email = people[1]?.email ?? '';
    await portal.as().createUser({ firstName: 'Jane', lastName: 'Roe', email, type: 'RoomAdmin', comment: '' });
    const cwd = folderWith(people);
    const importing = (): Promise<Finished> => importIn(cwd, '--out', 'result.csv');
    const { code, stdout } = await importOnce('the result says who was created now', importing);
    expect(code).toBe(4);
    expect(stdout.split('\n')[0]).toBe('! 2 onboarded · 1 failed');
    expect(stdout).toContain(`${email}  an account with this e-mail already exists`);
    const [header = '', ...lines] = readFileSync(join(cwd, 'result.csv'), 'utf8').trimEnd().split('\r\n');
    expect(header).toBe(
      '\uFEFFFirst name;Last name;E-mail;Role;Class;state;role at the portal;user id;created;name at the portal;message',
    );
    expect(lines[0]).toMatch(/^Jane;Roe;p0\.[\da-f]{8}@example\.com;User;7b;onboarded;User;[\da-f-]{36};now;;$/);
    expect(lines[1]).toContain(';7b;failed;');
    const failed = readFileSync(join(cwd, 'result.failed.csv'), 'utf8');
    expect(failed.trim().split('\r\n')).toHaveLength(2);

    await portal.raw('PUT', '/people/status/Terminated', { userIds: [(await portal.withEmail(email))[0]?.id] });
    await portal.raw('DELETE', `/people/${(await portal.withEmail(email))[0]?.id}`);
    const again = await runStarter(['import', 'result.failed.csv'], { cwd, env });
    expect([again.code, again.stdout.split('\n')[0]]).toEqual([0, '✓ 1 onboarded']);
  });

  it('writes nothing for a finished file, and only new people for a corrected one', async () => {
    const people = rows('User', 'RoomAdmin');
    const cwd = folderWith(people);
    expect((await imported(cwd)).code).toBe(0);
    const before = await portal.ledger();
    const again = await imported(cwd, '--json');
    expect(lastJson(again.stdout)).toMatchObject({ state: 'onboarded', counts: { onboarded: 2 } });
    const since = (await portal.ledger()).slice(before.length);
    expect(since.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);

    const corrected = [...people, ...rows('User')];
    writeFileSync(join(cwd, 'people.csv'), csvOf(corrected));
    expect((await imported(cwd)).code).toBe(0);
    expect((await createsOf(portal, corrected)).toSorted()).toEqual(corrected.map(({ email }) => email).toSorted());
  });

  it('reads standard input, and JSON lines', async () => {
    const people = rows('User');
    const line = JSON.stringify({ firstName: 'Jane', lastName: 'Roe', ...people[0] });
    const running = spawnProgram('starter', ['import', '-', '--json'], { env, input: line });
    const { stdout, stderr } = await running.finished;
    expect(JSON.parse(stdout)).toMatchObject({ state: 'onboarded', people: 1 }); // one document
    expect(stderr).toContain('1 account, 1 activation mail, 0 paid seats, at');
  });

  it('attaches to the open batch of the same file, and creates nobody twice', async () => {
    const people = rows('User');
    const cwd = folderWith(people);
    await portal.faults({ route: 'POST /people', times: 1, does: { kind: 'hold' } });
    const first = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd, env });
    await portal.reached('POST /people', 'received');
    const second = spawnProgram('starter', ['import', 'people.csv', '--json'], { cwd, env });
    await second.prints(/is already being imported/);
    await portal.release();
    const [one, two] = await Promise.all([first.finished, second.finished]);
    expect(lastJson(one.stdout)).toEqual(lastJson(two.stdout));
    expect(await createsOf(portal, people)).toHaveLength(1);
  });
});

describe('an import of people who exist', () => {
  it('keeps a higher role: exit 5, or 0 with --keep-higher, and lowers it only with --allow-demotion', async () => {
    const people = rows('User', 'User');
    const cwd = folderWith(people);
    expect((await imported(cwd)).code).toBe(0);
    const { id = '' } = (await portal.withEmail(people[0]?.email ?? ''))[0] ?? {};
    await portal.as().promote(id, 'DocSpaceAdmin');

    const dry = await importIn(cwd, '--dry-run');
    expect(dry.stdout).toContain(
      'keeps DocSpaceAdmin, although the file requests User; --allow-demotion would lower it',
    );
    expect(dry.stdout).toContain('1 keeping a higher role');
    const kept = await imported(cwd);
    expect([kept.code, kept.stdout.split('\n')[0]]).toEqual([
      5,
      '! 1 onboarded: 0 created now, 1 existed · 1 kept a higher role',
    ]);
    const accepted = await importOnce('is the second import', () => importIn(cwd, '--keep-higher'));
    expect(accepted.code).toBe(0);
    expect(await portal.withEmail(people[0]?.email ?? '')).toMatchObject([{ type: 'DocSpaceAdmin' }]);
    const lowered = await imported(cwd, '--allow-demotion', '--json');
    expect([lowered.code, lastJson(lowered.stdout)]).toMatchObject([
      0,
      { state: 'onboarded', created: { earlier: 2 } },
    ]);
    expect(await portal.withEmail(people[0]?.email ?? '')).toMatchObject([{ type: 'User' }]);
  });

  it('plans only what it does: no seats and no mails for those who are onboarded', async () => {
    const people = rows('RoomAdmin', 'RoomAdmin');
    const cwd = folderWith(people);
    expect((await imported(cwd)).code).toBe(0);
    const { code, stdout, stderr } = await imported(cwd, '--max-paid', '0');
    expect([code, stdout.split('\n')[0]]).toEqual([0, '✓ 2 onboarded: 0 created now, 2 existed']);
    expect(stderr).toContain('0 accounts, 0 activation mails, 0 paid seats');
  });

  it('reports a name that differs, and a conflict if both names do', async () => {
    const people = rows('User', 'User');
    const [married, other] = people;
    await portal
      .as()
      .createUser({ firstName: 'Jane', lastName: 'Doe', email: married?.email ?? '', type: 'User', comment: '' });
    await portal
      .as()
      .createUser({ firstName: 'Peter', lastName: 'Fischer', email: other?.email ?? '', type: 'User', comment: '' });
    const { code, stdout } = await imported(folderWith(people), '--json');
    expect(code).toBe(5);
    expect(lastJson(stdout)).toMatchObject({
      counts: { onboarded: 1, 'needs-attention': 1 },
      otherNames: 1,
      toLookAt: [{ otherName: 'Jane Doe' }, { message: expect.stringContaining('belongs to Peter Fischer') }],
    });
  });
});
