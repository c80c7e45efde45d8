import fc from 'fast-check';
import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { roleNames } from '../../src/domain/roles.js';
import type { Person } from '../../src/people/person.js';
import { readPeople } from '../../src/people/read.js';
import { piecesOf } from '../support/pieces.js';
import { emptyFolder } from '../support/starter.js';

const encodings = {
  'utf-8': (text: string) => Buffer.from(text, 'utf8'),
  'utf-8 with a mark': (text: string) => Buffer.from(`\ufeff${text}`, 'utf8'),
  'utf-16 le': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'utf-16 be': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'windows-1252': (text: string) => Buffer.from(text, 'latin1'),
} as const;

type EncodingName = keyof typeof encodings;

const encodingNames = Object.keys(encodings) as EncodingName[];

/** A letter that every encoding has. */
const westernLetter = fc.constantFrom(...'aEzö éxÑoßt'.split(' '), 'e', 'I', 'Jö', 'éa');
const anyLetter = fc.oneof(westernLetter, fc.constantFrom('李', 'Ł', 'я', 'ŷ', 'क', "d'A", 'x-Y', 'ﺏ'));

const nameIn = (encoding: EncodingName): fc.Arbitrary<string> =>
  fc
    .array(encoding === 'windows-1252' ? westernLetter : anyLetter, { minLength: 1, maxLength: 15 })
    .map((letters) => letters.join('').normalize('NFC').trim());

const personIn = (encoding: EncodingName) =>
  fc.record({
    firstName: nameIn(encoding),
    lastName: fc.oneof(nameIn(encoding), fc.constant('')),
    role: fc.constantFrom(...roleNames, 'room admin'),
    note: fc
      .string({ unit: fc.constantFrom('a', '"', '\n', ';', ',', '\t', '=', "'", ' ') })
      .map((note) => note.trim())
      // These would be a stray quote that swallows rows: in a tab-separated file, and by as many delimiters as a row has.
      .filter((note) => !note.includes('\n') || !/\t|(?:;[^\n]*){4}|(?:,[^\n]*){4}/.test(note)),
    blankLinesBefore: fc.nat({ max: 2 }),
  });

const columns = {
  firstName: ['First Name', 'vorname', 'FIRSTNAME'],
  lastName: ['Last Name', 'Surname', 'last_name'],
  email: ['E-Mail', 'email address', 'MAIL'],
  role: ['Role', 'type'],
  note: ['Note', ''],
} as const;

type Column = keyof typeof columns;

const fileOfPeople = fc.constantFrom(...encodingNames).chain((encoding) =>
  fc.record({
    encoding: fc.constant(encoding),
    rows: fc.array(personIn(encoding), { minLength: 1, maxLength: 20 }),
    delimiter: fc.constantFrom(',', ';', '\t'),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
    order: fc.shuffledSubarray(Object.keys(columns) as Column[], { minLength: 5 }),
    synonym: fc.nat(),
    quoteAll: fc.boolean(),
    pieceSize: fc.integer({ min: 1, max: 4_000 }),
  }),
);

type File = typeof fileOfPeople extends fc.Arbitrary<infer Value> ? Value : never;

/** The text of a file, and the people that it contains. */
function written({ rows, delimiter, lineEnd, order, synonym, quoteAll }: File) {
  const cell = (text: string): string =>
    quoteAll || /["\n;,\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = [order.map((column) => cell(columns[column][synonym % columns[column].length] ?? '')).join(delimiter)];
  let line = 2;
  const people = rows.map(({ note, blankLinesBefore, ...rest }, index) => {
    const person = { ...rest, email: `jane.${index}@example.com` };
    lines.push(...Array<string>(blankLinesBefore).fill(''));
    lines.push(order.map((column) => cell({ ...person, note }[column])).join(delimiter));
    const listed = { ...person, line: line + blankLinesBefore, row: index };
    line = listed.line + note.split('\n').length;
    return listed;
  });
  return { text: lines.join('\n').replaceAll('\n', lineEnd), people };
}

describe('people', () => {
  it('are read back from a CSV in any delimiter, encoding, line end and order of columns', async () => {
    await fc.assert(
      fc.asyncProperty(fileOfPeople, async (file) => {
        const { text, people } = written(file);
        const bytes = encodings[file.encoding](text);
        const options = file.encoding === 'windows-1252' ? { encoding: file.encoding } : {};
        const read = await readPeople(piecesOf(bytes, file.pieceSize), options);
        expect(read.problems).toEqual([]);
        expect(read.people).toEqual(people);
        const note = file.order.indexOf('note');
        expect(read.table.rows.map(({ cells }) => cells[note])).toEqual(file.rows.map((row) => row.note));
      }),
    );
  });

  it('are read back from JSON in any layout', async () => {
    const file = fc.record({
      rows: fc.array(personIn('utf-8'), { minLength: 1, maxLength: 20 }),
      isArray: fc.boolean(),
      indent: fc.nat({ max: 2 }),
      pieceSize: fc.integer({ min: 1, max: 4_000 }),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ rows, isArray, indent, pieceSize }) => {
        const people = rows.map((row, index) => ({ ...row, email: `jane.${index}@example.com` }));
        const text = isArray
          ? JSON.stringify(people, null, indent)
          : people.map((person) => JSON.stringify(person)).join('\n');
        const read = await readPeople(piecesOf(Buffer.from(text), pieceSize));
        const linesEach = Object.keys(people[0] ?? {}).length + 2;
        const lineOf = (index: number): number => {
          if (!isArray) return index + 1;
          return indent === 0 ? 1 : 2 + index * linesEach;
        };
        const expected = people.map(({ firstName, lastName, email, role }, row) => {
          return { firstName, lastName, email, role, line: lineOf(row), row };
        });
        expect(read).toMatchObject({ people: expected, problems: [], format: isArray ? 'json' : 'jsonl' });
      }),
    );
  });
});

describe('a large file', () => {
  const header = 'first name;last name;email;role\n';
  const row = (index: number): string => `Jane;Roe;jane.${index}@example.com;User\n`;

  it('of 100,000 rows is read', async () => {
    const path = join(emptyFolder(), 'large.csv');
    writeFileSync(path, header + Array.from({ length: 100_000 }, (_, index) => row(index)).join(''));
    const { people, problems, rows } = await readPeople(createReadStream(path));
    expect([people.length, problems, rows]).toEqual([100_000, [], 100_000]);
    expect(people.at(-1)).toMatchObject({ line: 100_001, email: 'jane.99999@example.com' });
  });

  it('of more rows is refused', async () => {
    const rows = Array.from({ length: 100_001 }, (_, index) => row(index)).join('');
    const { people, problems } = await readPeople(piecesOf(Buffer.from(header + rows)));
    expect(people).toEqual([]);
    expect(problems).toEqual([{ line: 100_002, message: 'there are more than 100,000 rows: split the file' }]);
  });

  it.each([
    ['rows', header, 'Jane;Roe;jane@example.com;User\n', /^there are more than 100,000 rows: split the file$/],
    [
      'long rows',
      header.replace('role', 'role;note'),
      `Jane;Roe;jane@example.com;User;${'ä'.repeat(2_000)}\n`,
      /^the file is larger than 64 MiB/,
    ],
    ['columns', Array.from({ length: 60_000 }, (_, index) => `column ${index}`).join(';'), ';;', /^the row is longer/],
    ['empty columns', `${';'.repeat(60_000)}\n`, ';'.repeat(60_000), /^there are more than 1,000 columns$/],
    ['JSON', '[', '{},', /^the file is larger than 64 MiB: split it$/],
  ])('of %s without end is refused with its line, and not read to its end', async (_, start, piece, message) => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(start);
      const mebibyte = Buffer.from(piece.repeat(Math.ceil((1024 * 1024) / piece.length)));
      for (; ; pieces += 1) yield mebibyte;
    }
    const { people, problems } = await readPeople(endless());
    expect(people).toEqual([]);
    expect(problems.at(-1)?.message).toMatch(message);
    expect(pieces).toBeLessThan(66);
  });

  it('of too many different keys is refused', async () => {
    const objects = Array.from({ length: 1_001 }, (_, index) => ({ [`key ${index}`]: '' }));
    const { problems } = await readPeople(piecesOf(Buffer.from(JSON.stringify(objects))));
    expect(problems.at(-1)?.message).toBe('there are more than 1,000 different keys');
  });
});

describe('a source', () => {
  it('that fails is not a short file', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first name,last name,email,role\n');
      throw new Error('the disk is gone');
    }
    await expect(readPeople(failing())).rejects.toThrow('the disk is gone');
  });

  it('is closed after it was read', async () => {
    const path = join(emptyFolder(), 'people.csv');
    writeFileSync(path, `PK\u0003\u0004${'x'.repeat(1_000_000)}`);
    const source = createReadStream(path);
    await readPeople(source);
    expect(source.destroyed).toBe(true);
  });
});

describe('the format', () => {
  const json = '[{"first name":"Jane","last name":"Roe","email":"jane@example.com","role":"User"}]';

  it.each([
    [{}, 'json'],
    [{ fileName: 'people.json' }, 'json'],
    [{ fileName: 'people.JSON' }, 'json'],
    [{ fileName: 'people.txt' }, 'json'],
    [{ fileName: 'people.tsv' }, 'csv'],
    [{ fileName: 'people.ndjson' }, 'jsonl'],
    [{ fileName: 'people.csv', format: 'json' }, 'json'],
  ] as const)('of a list by %j is %s', async (options, format) => {
    expect((await readPeople(piecesOf(Buffer.from(json)), options)).format).toBe(format);
  });
});

it('a person has the form that the schema gives', async () => {
  const text = 'first name,last name,email,role\n Jose\u0301 ,Roe,JANE@Exämple.de,  Manager \n';
  const { people } = await readPeople(piecesOf(Buffer.from(text)));
  const person: Person = { firstName: 'José', lastName: 'Roe', email: 'jane@xn--exmple-cua.de', role: 'Manager' };
  expect(people).toEqual([{ ...person, line: 2, row: 0 }]);
});
