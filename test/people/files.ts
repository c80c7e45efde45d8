import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeopleFile, ReadOptions } from '../../src/people/read.js';

const folder = fileURLToPath(new URL('files/', import.meta.url));
const ending = '.expected.json';

/** The content of a `.expected.json`, which lies beside each file. */
interface Expected {
  what: string;
  options?: ReadOptions;
  /** The result of reading the file: a line for each person and each problem. */
  read: object;
}

export function summary({ people, problems, rows, table, endsWithoutLineEnd }: PeopleFile): object {
  const where = (column: string | undefined): string => (column === undefined ? '' : `[${column}] `);
  return {
    encoding: table.encoding,
    delimiter: table.delimiter,
    columns: table.columns,
    rows,
    people: people.map(
      ({ line, firstName, lastName, email, role }) => `${line}: ${firstName} | ${lastName} | ${email} | ${role}`,
    ),
    problems: problems.map(({ line, column, message }) => `${line}: ${where(column)}${message}`),
    ...(endsWithoutLineEnd && { endsWithoutLineEnd }),
  };
}

/** The files of `files/`, each with the expected result. */
export const files = readdirSync(folder)
  .filter((name) => !name.endsWith(ending))
  .map((name) => {
    const { what, options, read } = JSON.parse(readFileSync(`${folder}${name}${ending}`, 'utf8')) as Expected;
    return { name, what, read, options: { fileName: name, ...options }, path: folder + name };
  });
