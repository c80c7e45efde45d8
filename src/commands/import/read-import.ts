import { createReadStream } from 'node:fs';
import { Exit, exitCodes } from '../../program/exit.js';
import { readPeople, type Format, type PeopleFile, type ReadOptions } from '../../people/read.js';
import { replaceProblems } from '../../people/result/result-path.js';
import type { BatchOptions } from '../../contract/batch.js';
import { canAsk, confirm } from '../../terminal/confirm.js';
import type { ServerContext } from '../command.js';
import { printJson, info } from '../../terminal/print.js';
import { countOf } from '../../utils/format-count.js';
import { fileErrorReason } from '../../utils/file-errors.js';

export interface ImportRequest extends ServerContext {
  /** A path, or `-` for standard input. */
  file: string;
  format: Format | undefined;
  encoding?: string | undefined;
  role: string | undefined;
  options: BatchOptions;
  maxPaid: number | undefined;
  skipInvalid?: true | undefined;
  keepHigher?: true | undefined;
  out?: string | undefined;
  /** Whether `out` may replace a file that this program did not write for the same input. */
  force?: true | undefined;
  detach?: true | undefined;
  yes?: true | undefined;
}

/** The number of problems to print. The rest is counted. */
const shownProblems = 100;

/**
 * Reads the people, and prints all problems with the file.
 *
 * @throws {Exit} if there are any, unless `--skip-invalid` leaves somebody to import
 */
export async function readImportFile(request: Omit<ImportRequest, 'settings'>): Promise<PeopleFile> {
  const file = await readSource(request);
  const { table } = file;
  const unreplaceable = request.out === undefined || request.force ? [] : replaceProblems(request.out, table);
  if (unreplaceable.length > 0) throw new Exit(exitCodes.usage, unreplaceable, 'Nothing was started.');
  if (file.endsWithoutLineEnd) info('The last row has no line end. Is the file complete?');
  refuseProblems(request, file);
  return file;
}

/**
 * Prints the problems with a file.
 *
 * @throws {Exit} if there are any, unless `--skip-invalid` leaves somebody to import
 */
export function refuseProblems(
  { skipInvalid, json }: Pick<ImportRequest, 'skipInvalid' | 'json'>,
  { problems, people, rows }: PeopleFile,
): void {
  if (problems.length === 0) return;
  const lines = problems
    .slice(0, shownProblems)
    .map(({ line, column, message }) => `line ${line}${column === undefined ? '' : `, ${column}`}: ${message}`);
  if (problems.length > shownProblems) lines.push(`… and ${countOf(problems.length - shownProblems, 'more problem')}`);
  if (skipInvalid && people.length > 0) {
    info(`Left out of ${rows} rows:`);
    for (const line of lines) info(`  ${line}`);
    return;
  }
  if (json) printJson({ problems });
  const hint = people.length > 0 ? ' Fix them, or import the other rows with --skip-invalid.' : '';
  throw new Exit(exitCodes.invalid, lines, `Nothing was started.${hint}`);
}

/** Reads the file. If its encoding is unknown, a person at the terminal can confirm one. */
async function readSource(request: Omit<ImportRequest, 'settings'>): Promise<PeopleFile> {
  const { file: fileName, format, encoding, role } = request;
  const options: ReadOptions = { fileName, format, encoding, role };
  const read = (readOptions: ReadOptions): Promise<PeopleFile> =>
    readPeople(fileName === '-' ? process.stdin : createReadStream(fileName), readOptions);
  try {
    const file = await read(options);
    const [reading] = file.readings;
    // Standard input cannot be read twice, and nobody can answer there.
    if (!reading || fileName === '-' || !canAsk()) return file;
    info(`The file is neither UTF-8 nor UTF-16. In ${reading.encoding} it reads ${reading.words.join(', ')}.`);
    return (await confirm('Is that right?')) ? await read({ ...options, encoding: reading.encoding }) : file;
  } catch (error) {
    const reason = fileErrorReason(error);
    if (reason === undefined) throw error;
    throw new Exit(exitCodes.usage, `cannot read ${fileName}: ${reason}`, 'Check the file and its permissions.');
  }
}

/** The number of rows that `--skip-invalid` leaves out. A row that repeats another one does not count. */
export function leftOutRows({ problems, rows, people }: PeopleFile): number {
  return rows - people.length - problems.filter(({ repeats }) => repeats !== undefined).length;
}
