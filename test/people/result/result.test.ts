import fc from 'fast-check';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPeople, type PeopleFile, type ReadOptions } from '../../../src/people/read.js';
import { checkWritable } from '../../../src/people/result/result-path.js';
import { writeResult, type RowResult, type WrittenResult } from '../../../src/people/result/result.js';
import { piecesOf } from '../../support/pieces.js';
import { emptyFolder } from '../../support/starter.js';

const read = (text: string, options?: ReadOptions): Promise<PeopleFile> =>
  readPeople(piecesOf(Buffer.from(text)), options);

const onboarded: RowResult = { state: 'onboarded', role: 'User', userId: 'u-1', created: true, message: '' };
const failed: RowResult = {
  state: 'failed',
  role: null,
  userId: null,
  created: null,
  message: 'the portal refuses this person: too late',
};

/** Writes what became of the people of a text, and reads what was written. */
async function write(text: string, results: readonly RowResult[], options?: ReadOptions) {
  const folder = emptyFolder();
  const out = join(folder, 'result.csv');
  const written = await writeResult(out, await read(text, options), results);
  const toMend = written.failed === undefined ? undefined : readFileSync(written.failed, 'utf8');
  return { folder, written, result: readFileSync(out, 'utf8'), toMend };
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
  it("has the user's own columns, order, delimiter and line ends, and what became of each row", async () => {
    const { result, written, folder } = await write(people, [onboarded, failed]);
    expect(result.split('\r\n')).toEqual([
      '\ufeffphone;E-Mail;Vorname;Nachname;Typ;state;role;user id;created;message',
      '1;jane@example.com;Jane;Roe;User;onboarded;User;u-1;true;',
      '2;john@;John;Doe;User;invalid;;;;"""john@"" is not an e-mail address"',
      '3;mary@example.com;Mary;Poe;Guest;failed;;;;the portal refuses this person: too late',
      '4;JANE@example.com;Jane;Roe;User;duplicate;;;;jane@example.com stands in line 2 already, with the same data',
      '5;sue@example.com;;;;invalid;;;;the number of cells is 2, where the header has 5',
      '6;ann@example.com;Ann;Lee;User;invalid;;;;the number of cells is 6, where the header has 5 (a cell with the delimiter in it needs quotes)',
      '',
    ]);
    const paths = { out: join(folder, 'result.csv'), failed: join(folder, 'result.failed.csv') };
    expect(written).toEqual({ ...paths, toMend: 4 } satisfies WrittenResult);
  });

  it('has a file beside it with the rows to mend, whole, and why', async () => {
    const { toMend } = await write(people, [onboarded, failed]);
    expect(toMend?.split('\r\n')).toEqual([
      '\ufeffphone;E-Mail;Vorname;Nachname;Typ;to mend',
      '2;john@;John;Doe;User;"""john@"" is not an e-mail address"',
      '3;mary@example.com;Mary;Poe;Guest;the portal refuses this person: too late',
      '5;sue@example.com;;;;the number of cells is 2, where the header has 5',
      '6;ann@example.com;Ann;Lee;User;7;the number of cells is 6, where the header has 5 (a cell with the delimiter in it needs quotes)',
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
      '\ufeffemail,first name,last name,role,tags,age,city,none,state,role,user id,created,message\n' +
        'jane@example.com,Jane,Roe,User,"[""a"",1]",7,,,onboarded,User,u-1,true,\n' +
        'john@example.com,John,Doe,User,,,"Bonn\n",,onboarded,User,u-1,true,\n',
    );
  });

  it('has no cell that a spreadsheet would calculate, and protects none twice', async () => {
    const dangerous = ['=1+1', '+49', '-5', '@a', '\ta', "'=1", '"=1', '＝1'];
    const results = dangerous.map(() => ({ ...failed, message: '=2' }));
    const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const text = `first name,last name,email,role,=cmd\n${dangerous
      .map((note, index) => `Jane,Roe,-jane.${index}@example.com,User,${cell(note)}`)
      .join('\n')}`;
    let { toMend = '' } = await write(text, results);
    for (let again = 0; again < 2; again += 1) {
      const { table, problems, people: mended } = await read(toMend);
      expect(problems).toEqual([]);
      expect(mended.map(({ email }) => email)).toEqual(dangerous.map((_, index) => `-jane.${index}@example.com`));
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
      expect(toMend.match(/,'=2$/gm)).toHaveLength(dangerous.length);
      toMend = (await write(toMend, results)).toMend ?? '';
    }
  });

  it('reads back as the people it was written of, and its rows to mend as theirs', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', '\n', ';', ',', "'", '=', '-', 'é') });
    const row = fc.record({ note: cell.map((text) => text.trim()), isOnboarded: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 10 }), async (rows) => {
        const objects = rows.map(({ note }, index) => ({
          note,
          email: `jane.${index}@example.com`,
          'first name': 'Zoë',
          surname: "-O'Neil",
          role: 'room admin',
        }));
        const file = await read(JSON.stringify(objects));
        const { result, toMend } = await write(
          JSON.stringify(objects),
          rows.map(({ isOnboarded }) => (isOnboarded ? onboarded : failed)),
        );
        const who = ({ people: listed }: PeopleFile) =>
          listed.map(({ firstName, lastName, email, role }) => [firstName, lastName, email, role]);
        expect(who(await read(result))).toEqual(who(file));
        const failing = who(file).filter((_, index) => !rows[index]?.isOnboarded);
        expect(toMend === undefined ? [] : who(await read(toMend))).toEqual(failing);
      }),
    );
  });

  it('of a result has its columns once', async () => {
    const first = await write(people, [onboarded, failed]);
    const second = await write(first.result, [onboarded, onboarded, failed]);
    expect(second.result.split('\r\n')[0]).toBe(first.result.split('\r\n')[0]);
    expect(second.toMend?.split('\r\n')[0]).toBe(first.toMend?.split('\r\n')[0]);
  });
});

describe('the files of a result', () => {
  const jane = 'first name,last name,email,role\nJane,Roe,jane@example.com,User\n';
  const john = 'John,Doe,john@example.com,User\n';

  it('are for the eyes of their owner', async () => {
    const { folder } = await write(people, [onboarded, failed]);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('are replaced at once or not at all', async () => {
    const out = join(emptyFolder(), 'result.csv');
    writeFileSync(out, 'the old one', { mode: 0o644 });
    async function* breaking(): AsyncGenerator<RowResult> {
      yield onboarded;
      throw new Error('the server is gone');
    }
    await expect(writeResult(out, await read(jane + john), breaking())).rejects.toThrow('the server is gone');
    expect([readFileSync(out, 'utf8'), readdirSync(join(out, '..'))]).toEqual(['the old one', ['result.csv']]);
    await writeResult(out, await read(jane), [onboarded]);
    expect([readFileSync(out, 'utf8').includes('Jane'), statSync(out).mode & 0o777]).toEqual([true, 0o600]);
  });

  it('leave no rows to mend of an earlier run', async () => {
    const out = join(emptyFolder(), 'result.csv');
    await writeResult(out, await read(jane), [failed]);
    expect(await writeResult(out, await read(jane), [onboarded])).toEqual({ out, toMend: 0 });
    expect(existsSync(join(out, '..', 'result.failed.csv'))).toBe(false);
  });

  it.each([
    ['too few', [], '1 results are missing'],
    ['too many', [onboarded, onboarded], 'more results than'],
  ])('are not written of %s results', async (_, results, problem) => {
    const out = join(emptyFolder(), 'result.csv');
    await expect(writeResult(out, await read(jane), results)).rejects.toThrow(problem);
    expect(existsSync(out)).toBe(false);
  });
});

describe('a place for a result', () => {
  const problemsWith = (out: string, source?: string): string[] => {
    const problems: string[] = [];
    checkWritable(out, problems, source);
    return problems;
  };

  it('may be new, or a file that is there', () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'old.csv'), '');
    expect([...problemsWith(join(folder, 'old.csv')), ...problemsWith(join(folder, 'new.csv'))]).toEqual([]);
    expect(problemsWith('result.csv')).toEqual([]);
  });

  it('is refused before any work where nothing could be written', () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'a.csv'));
    mkdirSync(join(folder, 'b.failed.csv'));
    writeFileSync(join(folder, 'file'), '');
    expect(problemsWith(join(folder, 'nowhere', 'x.csv'))).toEqual([expect.stringContaining('there is no folder')]);
    expect(problemsWith(join(folder, 'file', 'x.csv'))).toEqual([expect.stringContaining('there is no folder')]);
    expect(problemsWith(join(folder, 'a.csv'))).toEqual([expect.stringContaining('a.csv is there, and is not a file')]);
    expect(problemsWith(join(folder, 'b.csv'))).toEqual([expect.stringContaining('b.failed.csv is there, and is not')]);
    expect(problemsWith('/dev/null')).toContainEqual(expect.stringContaining('/dev/null is there, and is not a file'));
    expect(problemsWith(join(folder, 'x.json'))).toEqual([expect.stringContaining('the result is a CSV')]);
  });

  it('is not the file that is read, by any name', () => {
    const folder = emptyFolder();
    const source = join(folder, 'x.failed.csv');
    writeFileSync(source, '');
    symlinkSync(source, join(folder, 'link.csv'));
    expect(problemsWith(source, source)).toEqual([expect.stringContaining('x.failed.csv is the file that is read')]);
    expect(problemsWith(join(folder, 'x.csv'), source)).toEqual([
      expect.stringContaining('x.failed.csv is the file that is read'),
    ]);
    expect(problemsWith(join(folder, 'link.csv'), source)).toEqual([
      expect.stringContaining('is the file that is read'),
    ]);
    expect(problemsWith(join(folder, 'y.csv'), source)).toEqual([]);
  });
});
