import { createReadStream } from 'node:fs';
import { Exit, exitCodes } from '../../program/exit.js';
import type { RowProblem } from '../../people/problem.js';
import { readPeople, type Format, type PeopleFile } from '../../people/read.js';
import type { BatchOptions } from '../../contract/batch.js';
import type { ServerContext } from '../command.js';
import { printJson, info } from '../../terminal/print.js';

/** What `import` was asked to do. */
export interface ImportRequest extends ServerContext {
  /** A path, or `-` for standard input. */
  file: string;
  format: Format | undefined;
  role: string | undefined;
  options: BatchOptions;
  maxPaid: number | undefined;
  skipInvalid?: true | undefined;
  out?: string | undefined;
  detach?: true | undefined;
  yes?: true | undefined;
}

/** So many problems are printed; the rest is counted. */
const shownProblems = 100;

/**
 * Reads the people, and says everything that is wrong with the file.
 *
 * @throws {Exit} where something is, unless the rest is to be gone on with and there is one
 */
export async function readImportFile(request: Omit<ImportRequest, 'settings'>): Promise<PeopleFile> {
  const { file: fileName, format, role, skipInvalid, json } = request;
  const source = fileName === '-' ? process.stdin : createReadStream(fileName);
  const file = await readPeople(source, { fileName, ...(format && { format }), ...(role && { role }) });
  const { problems, people, rows, encoding } = file;
  if (encoding === 'windows-1252') info('The file is read as Windows-1252; save it as UTF-8 where a name looks wrong.');
  if (problems.length === 0) return file;

  const lines = problems.slice(0, shownProblems).map(sentenceOf);
  if (problems.length > shownProblems) lines.push(`… and ${problems.length - shownProblems} more problems`);
  if (skipInvalid && people.length > 0) {
    info(`Left out, of ${rows} rows:`);
    for (const line of lines) info(`  ${line}`);
    return file;
  }
  if (json) printJson({ problems });
  const hint = people.length > 0 ? ' Mend them, or go on with the rest by --skip-invalid.' : '';
  throw new Exit(exitCodes.invalid, lines, `Nothing was started.${hint}`);
}

function sentenceOf({ line, column, message }: RowProblem): string {
  return `line ${line}${column === undefined ? '' : `, ${column}`}: ${message}`;
}
