import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readPeople, type PeopleFile, type ReadOptions } from '../../src/people/read.js';
import { piecesOf } from '../support/pieces.js';

const folder = fileURLToPath(new URL('files/', import.meta.url));
const ending = '.expected.json';

/** What stands beside each file. */
interface Expected {
  what: string;
  options?: ReadOptions;
  /** Everything that is read of it: a line for each person and each problem. */
  read: object;
}

function summary({ people, problems, rows, encoding, table }: PeopleFile): object {
  const where = (column: string | undefined): string => (column === undefined ? '' : `[${column}] `);
  return {
    encoding,
    delimiter: table.delimiter,
    columns: table.columns,
    rows,
    people: people.map(
      ({ line, firstName, lastName, email, role }) => `${line}: ${firstName} | ${lastName} | ${email} | ${role}`,
    ),
    problems: problems.map(({ line, column, message }) => `${line}: ${where(column)}${message}`),
  };
}

const files = readdirSync(folder)
  .filter((name) => !name.endsWith(ending))
  .map((name) => {
    const { what, options, read } = JSON.parse(readFileSync(`${folder}${name}${ending}`, 'utf8')) as Expected;
    return { name, what, read, options: { fileName: name, ...options }, path: folder + name };
  });

describe('an ugly file is read with everything that is wrong with it', () => {
  it.each(files)('$name: $what', async ({ path, options, read }) => {
    expect(summary(await readPeople(createReadStream(path), options))).toEqual(read);
  });

  it('in whatever pieces it comes', async () => {
    for (const { name, path, options, read } of files) {
      const bytes = readFileSync(path);
      const size = bytes.length < 10_000 ? 1 : 1_009;
      expect([name, summary(await readPeople(piecesOf(bytes, size), options))]).toEqual([name, read]);
    }
  });
});
