import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { importTwice } from '../support/imports.js';
import type { TestPortal } from '../support/portal.js';
import { setupWorkerProcess } from '../support/scene.js';
import { emptyFolder, runStarter, type Finished } from '../support/starter.js';

/** Groups and rooms on the command line, with a real server and a worker of its own. */

let portal: TestPortal;
let env: Record<string, string>;
setupWorkerProcess((made) => ({ portal, env } = made));

beforeAll(async () => {
  await portal.createGroup('5a');
  for (const title of ['Library', 'Maths: 5a']) await portal.createRoom(title);
});

const starter = (...args: string[]): Promise<Finished> => runStarter(args, { env });

const json = ({ stdout }: Finished): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

const person = ['--first-name', 'Jane', '--last-name', 'Roe', '--role', 'User'];

it('a role that the onboarding refuses is exit 4, with the reason', async () => {
  const email = 'no-guest@example.com';
  await starter('onboard', ...person, '--email', email, '--group', '5a');
  const { code, stdout, stderr } = await starter('role', email, 'Guest');
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toContain('a Guest cannot be in a group');
  expect(await portal.withEmail(email)).toMatchObject([{ type: 'User' }]);
});

it('a person joins, leaves and enters with one command each', async () => {
  const email = 'commands@example.com';
  const places = ['--group', '5a', '--room', 'Library: Read', 'Maths: 5a: editor'];
  const onboarded = await starter('onboard', ...person, '--email', email, ...places);
  expect([onboarded.code, onboarded.stdout]).toEqual([0, expect.stringContaining('5a (joined)')]);
  expect(onboarded.stdout).toContain('Library: Read (entered)');
  expect(onboarded.stdout).toContain('Maths_ 5a: Editing (entered)');
  expect(json(await starter('leave', email, '5a', '--json'))).toMatchObject({
    groups: [{ name: '5a', state: 'left' }],
  });
  const left = await starter('onboard', ...person, '--email', email, '--group', '5a');
  expect([left.code, left.stderr]).toEqual([7, expect.stringContaining('does not request "5a"')]);
  expect(json(await starter('join', email, '5a', '--json'))).toMatchObject({
    groups: [{ name: '5a', state: 'joined' }],
  });
  const entered = await starter('enter', email, 'Library', 'Editing', '--json');
  expect(json(entered)).toMatchObject({ rooms: [{ title: 'Library', shown: 'Editing' }, { title: 'Maths_ 5a' }] });
  const unknown = await starter('join', email, 'No such');
  expect([unknown.code, unknown.stderr]).toEqual([
    4,
    expect.stringContaining('the portal has no group named "No such"'),
  ]);

  const { stdout } = await starter('status', email, '--history');
  const lines = stdout.split('\n').filter((line) => /^\d/.test(line));
  expect(lines.map((line) => line.slice('2026-11-26 14:00:00'.length).replaceAll(/ +/g, ' ').trim())).toEqual([
    'join 5a joined',
    'enter Library: Read entered',
    'enter Maths: 5a: Editing entered',
    'leave 5a left',
    'join 5a joined',
    'enter Library: Editing entered',
    'join No such refused',
  ]);
  const entries = await starter('status', email, '--history', '--json');
  expect(JSON.parse(entries.stdout)).toMatchObject([
    { change: 'join', place: '5a', state: 'joined', id: expect.any(String), confirmedAt: expect.any(String) },
    { change: 'enter', place: 'Library', access: 'Read', shown: 'Read', by: expect.stringContaining('@') },
    { place: 'Maths: 5a' },
    { change: 'leave', state: 'left', runId: expect.any(String), at: expect.any(String) },
    { change: 'join' },
    { change: 'enter', shown: 'Editing' },
    { state: 'refused', message: 'the portal has no group named "No such"' },
  ]);
});

it('what is wrong is refused before anything starts', async () => {
  const wrong = await starter('onboard', ...person, '--email', 'w@example.com', '--room', 'Library', '--group', '5a');
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('--room: "Library" does not end in an access'),
  ]);
  const guest = await starter('onboard', ...person.slice(0, 5), 'Guest', '--email', 'w@example.com', '--group', '5a');
  expect([guest.code, guest.stderr]).toEqual([2, expect.stringContaining('--group: a Guest cannot be in a group')]);
  const unnamed = await starter('onboard', ...person, '--email', 'w@example.com', '--group', '', '--room', ' ');
  expect([unnamed.code, unnamed.stderr]).toEqual([
    2,
    'error: the name of the group is missing\nerror: the name of the room is missing\n',
  ]);
  const access = await starter('enter', 'w@example.com', 'Library', 'Edit');
  expect([access.code, access.stderr]).toEqual([2, expect.stringContaining('"Edit" is not an access')]);
});

it.each([
  ['join', 'empty', '', 'the name of the group is missing'],
  ['leave', 'blank', ' ', 'the name of the group is missing'],
  ['enter', 'empty', '', 'the name of the room is missing'],
  ['join', 'too long', 'x'.repeat(301), 'the name of the group has more than 200 characters'],
])('%s with a name that is %s is exit 2', async (command, _, name, problem) => {
  const { code, stderr } = await starter(command, 'w@example.com', name);
  expect([code, stderr]).toEqual([2, `error: ${problem}\n`]);
});

it('a room is entered although a group of that name was refused', async () => {
  const email = 'two-kinds@example.com';
  await starter('onboard', ...person, '--email', email);
  expect((await starter('join', email, 'Library')).code).toBe(4);
  const entered = await starter('enter', email, 'Library');
  expect([entered.code, entered.stdout]).toEqual([0, expect.stringContaining('Library: Read (entered)')]);
});

it('a room that the portal spells otherwise is refused with exit 4', async () => {
  const email = 'stored-title@example.com';
  await starter('onboard', ...person, '--email', email);
  const { code, stdout, stderr } = await starter('enter', email, 'Maths: 5a', 'RoomManager');
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr).toContain('a User cannot have RoomManager');
  expect((await starter('enter', email, 'Maths: 5a')).code).toBe(0);
});

describe('an import', () => {
  const header = 'first name,last name,email,role,groups,rooms\n';

  function fileWith(text: string): string {
    const file = join(emptyFolder(), 'people.csv');
    writeFileSync(file, header + text);
    return file;
  }

  it('shows its plan, and writes what the portal shows', async () => {
    const file = fileWith(
      'Pat,Doe,plan.a@example.com,User,5a,Library: Read\nPat,Doe,plan.b@example.com,Guest,,"Library: Read; Maths: 5a: Editing"\n',
    );
    const dry = await starter('import', file, '--dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('joins 5a; enters Library: Read')]);
    const out = join(file, '..', 'result.csv');
    expect((await importTwice(portal, () => starter('import', file, '--out', out))).code).toBe(0);
    const [head, first, second] = readFileSync(out, 'utf8').split('\n');
    expect(head).toContain('groups at the portal,rooms at the portal');
    expect(first).toContain('5a (joined),Library: Read (entered)');
    expect(second).toContain('Library: Read (entered); Maths_ 5a: Editing (entered)');
    const history = await starter('status', 'plan.a@example.com', '--history');
    expect(history.stdout).toMatch(/  User +applied\n  by batch:.+\n/);
    expect(history.stdout).toMatch(/  join 5a +joined\n  by batch:.+\n  the portal showed it at .+\n/);
    expect(history.stdout).toMatch(/  enter Library: Read +entered\n  by batch:/);
    const again = await starter('import', file, '--dry-run', '--json');
    expect(json(again)).toMatchObject({
      prospects: [{ places: { joins: [], enters: [], has: ['is in 5a', 'has Read in Library'] } }, {}],
    });
  });

  it('names the line of a person who owns a requested room, and changes nothing there', async () => {
    const people = await portal.people();
    const [owner, rosa] = ['Owner', 'RoomAdmin'].map((type) => people.find(({ shown }) => shown === type));
    const room = await portal.createRoom('Owned', 2, 'roomAdmin');
    await portal.as('roomAdmin').places.share(room, [{ id: owner?.id ?? '', access: 'RoomManager' }]); // it has the key
    const file = fileWith(`Rosa,Room,${rosa?.email},RoomAdmin,,Owned: Read\n`);
    const note = `line 2: ${rosa?.email} owns Owned; nothing changes there\n`;
    const dry = await starter('import', file, '--dry-run');
    expect([dry.code, dry.stdout, dry.stderr]).toEqual([
      0,
      expect.stringContaining('owns Owned; nothing changes'),
      expect.stringContaining(note),
    ]);
    const out = join(file, '..', 'result.csv');
    const imported = await importTwice(portal, () => starter('import', file, '--out', out));
    expect([imported.code, imported.stderr]).toEqual([0, expect.stringMatching(new RegExp(`${note}Started batch`))]);
    expect(readFileSync(out, 'utf8')).toContain('Owned: Read (keeps Owner)');
    expect(await portal.as().places.accessOf(room, { id: rosa?.id ?? '', email: rosa?.email ?? '' })).toBe('Owner');
  });

  it('with --create-groups shows and creates the groups that are missing', async () => {
    const file = fileWith(
      'Pat,Doe,new.a@example.com,User,5a; 6a,\nPat,Doe,new.b@example.com,User,6a; 6b,\nPat,Doe,new.c@example.com,User,6B,\n',
    );
    const without = await starter('import', file, '--dry-run');
    expect([without.code, without.stderr]).toEqual([
      3,
      expect.stringContaining('line 2: the portal has no group named "6a"; --create-groups creates it'),
    ]);
    const args = ['import', file, '--create-groups', '--skip-invalid'];
    const dry = await starter(...args, '--dry-run');
    expect(dry.stderr).toContain('line 4: the portal has no group named "6B"; is it the same as "6b"?');
    expect(dry.stdout).toContain('joins 5a, 6a');
    expect(dry.stdout).toContain('creates the group 6a\ncreates the group 6b\n');
    expect(json(await starter(...args, '--dry-run', '--json'))).toMatchObject({ newGroups: ['6a', '6b'] });
    const imported = await importTwice(portal, () => starter(...args, '--json'));
    expect([imported.code, imported.stderr]).toEqual([4, expect.stringContaining('2 new groups')]);
    const again = await starter(...args, '--dry-run', '--json');
    expect(json(again)).toMatchObject({
      newGroups: [],
      prospects: [{ places: { has: ['is in 5a', 'is in 6a'] } }, { places: { has: ['is in 6a', 'is in 6b'] } }],
    });
  });

  it('names the line of each place that cannot be used, and starts nothing', async () => {
    const file = fileWith(
      'Pat,Doe,bad.a@example.com,User,5b,\nPat,Doe,bad.b@example.com,Guest,5a,\nPat,Doe,bad.c@example.com,User,,Library: RoomManager\nPat,Doe,bad.d@example.com,User,5a,\n',
    );
    const { code, stderr } = await starter('import', file, '--skip-invalid', '--dry-run');
    expect(code).toBe(0);
    expect(stderr).toContain('line 2: the portal has no group named "5b"');
    expect(stderr).toContain('line 3, groups: a Guest cannot be in a group');
    expect(stderr).toContain('line 4: room "Library": a User cannot have RoomManager in a collaboration room');
    expect((await starter('import', file, '--dry-run')).code).toBe(3);
    expect(await portal.withEmail('bad.d@example.com')).toEqual([]);
  });
});
