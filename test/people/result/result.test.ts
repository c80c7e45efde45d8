import fc from 'fast-check';
import iconv from 'iconv-lite';
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPeople, type PeopleFile, type ReadOptions } from '../../../src/people/read.js';
import { toSafeCell } from '../../../src/people/result/csv-file.js';
import { replaceProblems, writeProblems } from '../../../src/people/result/result-path.js';
import { writeResult, type RowResult, type WrittenResult } from '../../../src/people/result/result.js';
import { piecesOf } from '../../support/pieces.js';
import { emptyFolder } from '../../support/starter.js';

const read = (text: string, options?: ReadOptions): Promise<PeopleFile> =>
  readPeople(piecesOf(Buffer.from(text)), options);

const onboarded: RowResult = { state: 'onboarded', role: 'User', userId: 'u-1', created: 'now' };
const failed: RowResult = {
  state: 'failed',
  message: 'the portal refuses this person: too late',
};

/** Writes the results of the people of a text, and reads the files. */
async function write(text: string, results: readonly RowResult[], options?: ReadOptions) {
  const folder = emptyFolder();
  const out = join(folder, 'result.csv');
  const written = await writeResult(out, await read(text, options), results);
  const toFix = written.failed === undefined ? undefined : readFileSync(written.failed, 'utf8');
  return { folder, written, result: readFileSync(out, 'utf8'), toFix };
}

const people = [
  'phone;E-Mail;Vorname;Nachname;Typ',
  '1;jane@example.com;Jane;Roe;User',
  '2;john@;John;Doe;User',
  '',
  '3;mary@example.com;Mary;Poe;Guest',
  '4;JANE@example.com;Jane;Roe;User',
  '5;sue@example.com',
  '6;ann@example.com;Ann;Lee;User;7',
].join('\r\n');

describe('a result', () => {
  it("has the user's own columns, order, delimiter and line ends, and the result of each row", async () => {
    const { result, written, folder } = await write(people, [onboarded, failed]);
    expect(result.split('\r\n')).toEqual([
      '\ufeffphone;E-Mail;Vorname;Nachname;Typ;state;role at the portal;user id;created;name at the portal;message',
      '1;jane@example.com;Jane;Roe;User;onboarded;User;u-1;now;;',
      '2;john@;John;Doe;User;invalid;;;;;"""john@"" is not an e-mail address"',
      '3;mary@example.com;Mary;Poe;Guest;failed;;;;;the portal refuses this person: too late',
      '4;JANE@example.com;Jane;Roe;User;duplicate;;;;;jane@example.com is in line 2 already, with the same data',
      '5;sue@example.com;;;;invalid;;;;;the row has 2 cells, but the header has 5',
      '6;ann@example.com;Ann;Lee;User;invalid;;;;;the row has 6 cells, but the header has 5 (a cell that contains the delimiter needs quotes)',
      '',
    ]);
    const failedPath = join(folder, 'result.failed.csv');
    expect(written).toEqual({ failed: failedPath, rowsToFix: 4 } satisfies WrittenResult);
  });

  it('has a file beside it with the rows to fix, whole, and why', async () => {
    const { toFix } = await write(people, [onboarded, failed]);
    expect(toFix?.split('\r\n')).toEqual([
      '\ufeffphone;E-Mail;Vorname;Nachname;Typ;to fix',
      '2;john@;John;Doe;User;"""john@"" is not an e-mail address"',
      '3;mary@example.com;Mary;Poe;Guest;the portal refuses this person: too late',
      '5;sue@example.com;;;;the row has 2 cells, but the header has 5',
      '6;ann@example.com;Ann;Lee;User;7;the row has 6 cells, but the header has 5 (a cell that contains the delimiter needs quotes)',
      '',
    ]);
  });

  it('of JSON is a CSV with the keys as columns', async () => {
    const rows = [
      { email: 'jane@example.com', 'first name': 'Jane', 'last name': 'Roe', role: 'User', tags: ['a', 1], age: 7 },
      {
        email: 'john@example.com',
        'first name': 'John',
        'last name': 'Doe',
        role: 'User',
        city: 'Bo\0nn\n',
        none: null,
      },
    ];
    const { result } = await write(JSON.stringify(rows), [onboarded, onboarded]);
    expect(result).toBe(
      '\ufeffemail,first name,last name,role,tags,age,city,none,state,role at the portal,user id,created,name at the portal,message\n' +
        'jane@example.com,Jane,Roe,User,"[""a"",1]",7,,,onboarded,User,u-1,now,,\n' +
        'john@example.com,John,Doe,User,,,"Bonn\n",,onboarded,User,u-1,now,,\n',
    );
  });

  it('has no cell that a spreadsheet would calculate, and guards none twice', async () => {
    const dangerous = ['=1+1', '+49', '-5', '@a', '\ta', "'=1", '"=1', '＝1'];
    const results = dangerous.map(() => ({ ...failed, message: '=2' }));
    const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const text = `first name,last name,email,role,=cmd\n${dangerous
      .map((note, index) => `Jane,Roe,-jane.${index}@example.com,User,${cell(note)}`)
      .join('\n')}`;
    let { toFix = '' } = await write(text, results);
    for (let again = 0; again < 2; again += 1) {
      const { table, problems, people: fixed } = await read(toFix);
      expect(problems).toEqual([]);
      expect(fixed.map(({ email }) => email)).toEqual(dangerous.map((_, index) => `-jane.${index}@example.com`));
      expect(table.columns.at(-1)).toBe("'=cmd");
      expect(table.rows.map(({ cells }) => cells.at(-1))).toEqual([
        "'=1+1",
        "'+49",
        "'-5",
        "'@a",
        "'\ta",
        "'=1",
        '"=1',
        "'＝1",
      ]);
      expect(toFix.match(/,'=2$/gm)).toHaveLength(dangerous.length);
      toFix = (await write(toFix, results)).toFix ?? '';
    }
  });

  it('reads back as its people, and its rows to fix as theirs', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', '\n', ';', ',', "'", '=', '-', 'é') });
    // Without delimiters beside a line break, because such a cell looks like rows that a stray quote swallowed.
    const note = cell.map((text) => (text.includes('\n') ? text.replaceAll(/[;,]/g, '') : text).trim());
    const row = fc.record({ note, isOnboarded: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 10 }), async (rows) => {
        const objects = rows.map(({ note: noted }, index) => ({
          note: noted,
          email: `jane.${index}@example.com`,
          'first name': 'Zoë',
          surname: "-O'Neil",
          role: 'room admin',
          groups: ['5a', 'Teachers'],
          rooms: ['Library: Read', 'Hall: Editing'],
        }));
        const file = await read(JSON.stringify(objects));
        const { result, toFix } = await write(
          JSON.stringify(objects),
          rows.map(({ isOnboarded }) => (isOnboarded ? onboarded : failed)),
        );
        const who = ({ people: listed }: PeopleFile) => listed.map(({ line: _line, row: _row, ...person }) => person);
        expect(who(await read(result))).toEqual(who(file));
        const failing = who(file).filter((_, index) => !rows[index]?.isOnboarded);
        expect(toFix === undefined ? [] : who(await read(toFix))).toEqual(failing);
      }),
    );
  });

  it('has the groups and rooms of a row to fix as the file has them', async () => {
    const places = { groups: ['A', '-B', '5a'], rooms: ['Lib: Read', '@home: Read', 'Maths, +5: Read'] };
    const person = { 'first name': 'Jane', 'last name': 'Roe', email: 'jane@example.com', role: 'User' };
    const cells = { groups: places.groups.join('; '), rooms: places.rooms.join('; ') };
    for (const given of [places, cells]) {
      const { toFix = '' } = await write(JSON.stringify([{ ...person, ...given }]), [failed]);
      expect((await read(toFix)).people).toMatchObject([places]);
    }
  });

  it('of a result has its columns once', async () => {
    const first = await write(people, [onboarded, failed]);
    const second = await write(first.result, [onboarded, onboarded, failed]);
    expect(second.result.split('\r\n')[0]).toBe(first.result.split('\r\n')[0]);
    expect(second.toFix?.split('\r\n')[0]).toBe(first.toFix?.split('\r\n')[0]);
  });
});

describe('the files of a result', () => {
  const jane = 'first name,last name,email,role\nJane,Roe,jane@example.com,User\n';
  const john = 'John,Doe,john@example.com,User\n';

  it('are readable only by their owner', async () => {
    const { folder } = await write(people, [onboarded, failed]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('are replaced as a whole or not at all', async () => {
    const folder = emptyFolder();
    const out = join(folder, 'result.csv');
    mkdirSync(join(folder, 'result.failed.csv'));
    writeFileSync(out, 'the old one', { mode: 0o644 });
    await expect(writeResult(join(folder, 'result.failed.csv'), await read(jane), [onboarded])).rejects.toThrow(
      'EISDIR',
    );
    await expect(writeResult(out, await read(jane + john), [onboarded])).rejects.toThrow('1 results for 2 people');
    expect([readFileSync(out, 'utf8'), readdirSync(folder)]).toEqual([
      'the old one',
      ['result.csv', 'result.failed.csv'],
    ]);
    await expect(writeResult(join(folder, 'no', 'r.csv'), await read(jane), [onboarded])).rejects.toThrow('ENOENT');
  });

  it('do not include rows to fix of an earlier run', async () => {
    const out = join(emptyFolder(), 'result.csv');
    await writeResult(out, await read(jane), [failed]);
    expect(await writeResult(out, await read(jane), [onboarded])).toEqual({ rowsToFix: 0 });
    expect(existsSync(join(out, '..', 'result.failed.csv'))).toBe(false);
  });

  it('keep rows to fix that somebody edited, or that belong to another file', async () => {
    const folder = emptyFolder();
    const out = join(folder, 'result.csv');
    writeFileSync(join(folder, 'result.failed.csv'), jane);
    await writeResult(out, await read(jane), [onboarded]);
    expect(readFileSync(join(folder, 'result.failed.csv'), 'utf8')).toBe(jane);

    await writeResult(out, await read(jane), [failed]);
    const edited = readFileSync(join(folder, 'result.failed.csv'), 'utf8').replace('Roe', 'Rowe');
    writeFileSync(join(folder, 'result.failed.csv'), edited);
    await writeResult(out, await read(jane), [onboarded]);
    expect(readFileSync(join(folder, 'result.failed.csv'), 'utf8')).toBe(edited);
  });

  it.each([
    ['windows-1252', 'Jürgen', '50 €'],
    ['windows-1254', 'Ayşe', 'çok'],
    ['big5', '芳', '備註'],
    ['utf-16le', 'Zoë', '備註'],
  ])('are in the encoding of the file: %s', async (encoding, name, note) => {
    const out = join(emptyFolder(), 'result.csv');
    const bytes = iconv.encode(
      `first name;last name;email;role;note\r\n${name};Roe;j@example.com;User;${note}\r\n`,
      encoding,
    );
    const file = await readPeople(piecesOf(bytes), { encoding });
    await writeResult(out, file, [failed]);
    for (const path of [out, join(out, '..', 'result.failed.csv')]) {
      const again = await readPeople(createReadStream(path), { encoding });
      expect(again.table.rows).toEqual(file.table.rows);
      expect(iconv.decode(readFileSync(path), encoding)).toContain(`${name};Roe;j@example.com;User;${note};`);
    }
  });
});

describe('a place for a result', () => {
  it('is a new file in any folder', () => {
    expect([...writeProblems(join(emptyFolder(), 'new.csv'), '-'), ...writeProblems('result.csv', '-')]).toEqual([]);
  });

  it('is refused if nothing can be written there', () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'a.csv'));
    mkdirSync(join(folder, 'b.failed.csv'));
    writeFileSync(join(folder, 'file'), '');
    const refused = (out: string, problem: string): void =>
      expect(writeProblems(out, '-')).toContainEqual(expect.stringContaining(problem));
    refused('', 'needs the name of a file');
    refused('-', 'needs the name of a file');
    refused(`${folder}/`, 'needs the name of a file');
    refused(join(folder, 'nowhere', 'x.csv'), 'no such file or directory');
    refused(join(folder, 'file', 'x.csv'), 'a part of the path is not a folder');
    refused(join(folder, 'a.csv'), 'a.csv exists and is not a file');
    refused(join(folder, 'b.csv'), 'b.failed.csv exists and is not a file');
    refused(join(folder, `${'x'.repeat(300)}.csv`), 'the path is too long');
    refused('/dev/null', '/dev/null exists and is not a file');
    refused('/proc/result.csv', 'cannot write to the folder /proc');
    refused(join(folder, 'x.json'), 'the result is a CSV');
    expect(readdirSync(folder)).toEqual(['a.csv', 'b.failed.csv', 'file']);
  });

  it('is refused in a folder where this user may not write', () => {
    const folder = emptyFolder();
    chmodSync(folder, 0o555);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534); // root may write anywhere
    const problems = writeProblems(join(folder, 'r.csv'), '-');
    if (isRoot) process.seteuid?.(0);
    expect(problems).toContainEqual(
      expect.stringContaining(`cannot write to the folder ${folder}: permission is denied`),
    );
  });

  it('is not the file that is read, by any name', () => {
    const folder = emptyFolder();
    const source = join(folder, 'x.failed.csv');
    writeFileSync(source, '');
    symlinkSync(source, join(folder, 'link.csv'));
    const isSource = [expect.stringContaining('is the file that is read')];
    expect(writeProblems(source, source)).toEqual(isSource);
    expect(writeProblems(join(folder, 'x.csv'), source)).toEqual(isSource);
    expect(writeProblems(join(folder, 'link.csv'), source)).toEqual(isSource);
    expect(writeProblems(join(folder, 'y.csv'), source)).toEqual([]);
  });
});

describe('an existing file', () => {
  const jane = 'first name,last name,email,role,note\nJane,Roe,jane@example.com,User,"=1, -2"\n';
  const john = 'John,Doe,john@example.com,User,\n';

  it('is replaced if it is a result of the same input, or the rows to fix beside it', async () => {
    const out = join(emptyFolder(), 'result.csv');
    const file = await read(jane + john);
    await writeResult(out, file, [onboarded, failed]);
    expect(replaceProblems(out, file.table)).toEqual([]);
  });

  it('is replaced if its cells and messages contain line ends of Windows', async () => {
    const out = join(emptyFolder(), 'result.csv');
    const person = { 'first name': 'Jane', 'last name': 'Roe', email: 'jane@example.com', role: 'User' };
    const file = await read(JSON.stringify([{ ...person, address: '1 Main St\r\nFlat 2' }]));
    await writeResult(out, file, [{ ...failed, message: 'refused:\r\ntoo late' }]);
    expect(replaceProblems(out, file.table)).toEqual([]);
  });

  it('is kept if it is a result of another input', async () => {
    const out = join(emptyFolder(), 'result.csv');
    await writeResult(out, await read(jane + john), [onboarded, onboarded]);
    const corrected = await read(jane + john.replace('Doe', 'Dow'));
    expect(replaceProblems(out, corrected.table)).toEqual([expect.stringContaining('is not a result of this input')]);
    expect(replaceProblems(out, (await read(jane)).table)).toEqual([expect.stringContaining('with --force')]);
  });

  it.each([
    '',
    jane,
    'a letter to Jane\n',
    'PK\u0003\u0004',
    'state,role at the portal,user id,created,name at the portal,message\n',
  ])('is kept if it is something else: %j', async (content) => {
    const out = join(emptyFolder(), 'result.csv');
    writeFileSync(out, content);
    expect(replaceProblems(out, (await read(jane)).table)).toEqual([
      expect.stringContaining('is not a result of this input'),
    ]);
  });

  it('is kept beside the result if somebody edited it, or it is not of this input', async () => {
    const out = join(emptyFolder(), 'result.csv');
    const failedPath = join(out, '..', 'result.failed.csv');
    const file = await read(jane + john);
    writeFileSync(failedPath, jane);
    expect(replaceProblems(out, file.table)).toEqual([expect.stringContaining('result.failed.csv exists')]);
    await writeResult(out, file, [onboarded, failed]);
    writeFileSync(failedPath, readFileSync(failedPath, 'utf8').replace('Doe', 'Dow'));
    expect(replaceProblems(out, file.table)).toEqual([expect.stringContaining('was edited')]);
  });
});

describe('a cell that a spreadsheet would calculate is defused', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['a;=1+1', "a;'=1+1"],
    ['a,+1', "a,'+1"],
    ['a\t@b', "a\t'@b"],
    ['a|-1', "a|'-1"],
    ['a\n=1', "a\n'=1"],
    ['a; "=1"', `a; "'=1"`],
    ['a;＝1', "a;'＝1"],
    ['a\r=1', "a\n'=1"],
  ])('%j as %j, once', (text, safe) => {
    expect([toSafeCell(text), toSafeCell(safe)]).toEqual([safe, safe]);
  });

  it.each(['a=b', 'x-y', 'O-Neil, Jane', 'a; b', "'", '1-2'])('but not %j', (text) => {
    expect(toSafeCell(text)).toBe(text);
  });
});
