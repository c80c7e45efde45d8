import { createReadStream, existsSync, statSync } from 'node:fs';
import { Exit, exitCodes } from '../../program/exit.js';
import { checkWritable } from '../../people/result/result-path.js';
import type { RowProblem } from '../../people/problem.js';
import { formats, readPeople, type Format, type PeopleFile } from '../../people/read.js';
import { roleSchema } from '../../people/person.js';
import type { BatchOptions } from '../../contract/batch.js';
import { read, readExisting, withSettings, type CommonFlags } from '../flags.js';
import { printJson, info } from '../../terminal/print.js';

export interface ImportFlags extends CommonFlags {
  format?: string;
  role?: string;
  existing: string;
  /** Commander's name for `--no-mail`. */
  mail: boolean;
  skipInvalid?: boolean;
  dryRun?: boolean;
  maxPaid?: string;
  out?: string;
  detach?: boolean;
  yes?: boolean;
}

export interface ImportRequest {
  /** A path, or `-` for standard input. */
  file: string;
  format?: Format;
  role?: string;
  options: BatchOptions;
  maxPaid?: number;
}

/** @throws {Exit} with all problems, where there are any */
export function readImport(file: string, flags: ImportFlags, problems: string[]): ImportRequest {
  const { format, role, existing, mail, maxPaid, out, dryRun, detach } = flags;
  if (file !== '-' && !existsSync(file)) problems.push(`there is no file ${file}`);
  else if (file !== '-' && statSync(file).isDirectory()) problems.push(`${file} is a folder, not a file`);
  const known = formats.find((each) => each === format?.toLowerCase());
  if (format !== undefined && !known) problems.push(`--format is one of ${formats.join(', ')}, not "${format}"`);
  const options = { existing: readExisting(existing, problems), mail };
  if (maxPaid !== undefined && !/^\d+$/.test(maxPaid)) problems.push(`--max-paid is a number, not "${maxPaid}"`);
  if (out !== undefined) checkWritable(out, problems, file === '-' ? undefined : file);
  if (out !== undefined && detach) problems.push('--out waits for the result, and --detach does not: leave one out');
  if (dryRun && detach) problems.push('--dry-run starts nothing, so that there is nothing to --detach from');
  const asked = role === undefined ? undefined : read(roleSchema, role, problems, '--role: ');
  withSettings(problems);
  return {
    file,
    options,
    ...(known && { format: known }),
    ...(asked !== undefined && { role: asked }),
    ...(maxPaid !== undefined && { maxPaid: Number(maxPaid) }),
  };
}

/** So many problems are printed; the rest is counted. */
const shownProblems = 100;

/**
 * Reads the people, and says everything that is wrong with the file.
 *
 * @throws {Exit} where something is, unless the rest is to be gone on with and there is one
 */
export async function readImportFile(request: ImportRequest, flags: ImportFlags): Promise<PeopleFile> {
  const { file: fileName, format, role } = request;
  const source = fileName === '-' ? process.stdin : createReadStream(fileName);
  const file = await readPeople(source, { fileName, ...(format && { format }), ...(role && { role }) });
  const { problems, people, rows, encoding } = file;
  if (encoding === 'windows-1252') info('The file is read as Windows-1252; save it as UTF-8 where a name looks wrong.');
  if (problems.length === 0) return file;

  const lines = problems.slice(0, shownProblems).map(sentenceOf);
  if (problems.length > shownProblems) lines.push(`… and ${problems.length - shownProblems} more problems`);
  if (flags.skipInvalid && people.length > 0) {
    info(`Left out, of ${rows} rows:`);
    for (const line of lines) info(`  ${line}`);
    return file;
  }
  if (flags.json) printJson({ problems });
  const hint = people.length > 0 ? ' Mend them, or go on with the rest by --skip-invalid.' : '';
  throw new Exit(exitCodes.invalid, lines, `Nothing was started.${hint}`);
}

function sentenceOf({ line, column, message }: RowProblem): string {
  return `line ${line}${column === undefined ? '' : `, ${column}`}: ${message}`;
}
