import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeopleFile, ReadOptions } from '../../src/people/read.js';
import { countOf } from '../../src/utils/format-count.js';

const folder = fileURLToPath(new URL('files/', import.meta.url));
const ending = '.expected.json';

/** The content of a `.expected.json`, which lies beside each file. */
interface Expected {
  what: string;
  options?: ReadOptions;
  read: Summary;
}

/** The result of reading a file: a line for each person and each problem. */
interface Summary {
  encoding: string;
  delimiter: string;
  columns: string[];
  rows: number;
  people: string[];
  problems: string[];
  endsWithoutLineEnd?: true;
}

export function summary({ people, problems, rows, table, endsWithoutLineEnd }: PeopleFile): Summary {
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

const shownProblems = 3;

/** The page docs/files.md. */
export function filesPage(): string {
  const rows = files.map(({ name, what, options, read }) => {
    const given = Object.entries(options).filter(([option]) => option !== 'fileName');
    const command = given.map(([option, value]) => ` --${option} ${value}`).join('');
    return [`\`${name}\`${command}`, what, answerOf(read)].map(toCell).join(' | ');
  });
  return `# Files of people, and what \`import\` answers

Made from \`test/people/files/\` by \`npx vitest run test/people/files.test.ts -u\`. The test fails if a file gets another answer.
Without \`--skip-invalid\`, one problem is enough: exit 3, and nothing is started. A file that cannot be read to its end, or has two columns of one meaning, imports nobody, even with \`--skip-invalid\`.

- **Encodings.** UTF-8 and UTF-16 are recognised, with or without a byte order mark. For any other file, \`import\` asks on a terminal whether the names read right in the most likely encoding. Otherwise it exits 3, also with \`--yes\`, and shows how they read in each possible encoding. \`--encoding NAME\` decides. The result is written in the encoding that was read.
- **Limits.** A file has at most 64 MiB and 100,000 rows; a row has at most 64 KiB and 1,000 columns; JSON is at most 100 levels deep. The message names the line.
- **Result files.** \`--out\` replaces only a result that this program wrote for the same input, and \`X.failed.csv\` only if nobody has edited it since; \`--force\` replaces any other file. An edited or unrelated \`X.failed.csv\` is never deleted. Cells that a spreadsheet would calculate get an apostrophe, also those that only a spreadsheet with another list separator would see. Tests: [result.test.ts](../test/people/result/result.test.ts), [import](../test/commands/import/result.test.ts).
- **Unreadable files.** A missing file, a folder or a read error is exit 2 with the path: [files.test.ts](../test/commands/import/files.test.ts).

| file | content | answer |
|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

function answerOf({ people, problems, endsWithoutLineEnd }: Summary): string {
  const imported = `${people.length || 'no'} ${people.length === 1 ? 'person' : 'people'}`;
  const shown = problems.slice(0, shownProblems).map((problem) => `line ${problem}`);
  if (problems.length > shownProblems) shown.push(`… and ${countOf(problems.length - shownProblems, 'more problem')}`);
  if (endsWithoutLineEnd) shown.push('mentions that the last row has no line end');
  return [imported, ...shown].join('<br>');
}

const toCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/<(?!br>)/g, '&lt;');
