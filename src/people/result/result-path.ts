import { existsSync, fstatSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { fileErrorReason } from '../../utils/file-errors.js';
import { tempPathBeside } from './csv-file.js';
import { isUnedited, readEarlierResult } from './earlier-result.js';
import type { Table } from './table.js';

/** The path of the rows to fix: `x.csv` → `x.failed.csv`. */
export function fixPathOf(out: string): string {
  const extension = extname(out);
  return `${out.slice(0, out.length - extension.length)}.failed${extension}`;
}

/**
 * Finds problems that would keep the result from being written, before any work starts.
 *
 * @param source the input file, or `-`; a result must not replace it
 */
export function writeProblems(out: string, source: string): string[] {
  if (out === '' || out === '-' || out.endsWith('/')) {
    return [`--out needs the name of a file, not "${out}" (--json prints the result)`];
  }
  const problems = [folderProblem(out), pathProblem(out, source), pathProblem(fixPathOf(out), source)];
  if (/^\.(?:json|jsonl|ndjson)$/i.test(extname(out))) problems.push('the result is a CSV; name it so');
  return problems.filter((problem) => problem !== undefined).map((problem) => `--out ${out}: ${problem}`);
}

function folderProblem(out: string): string | undefined {
  try {
    const temp = tempPathBeside(out);
    writeFileSync(temp, '', { flag: 'wx' });
    rmSync(temp);
    return undefined;
  } catch (error) {
    return `cannot write to the folder ${dirname(out)}: ${fileErrorReason(error)}`;
  }
}

function pathProblem(path: string, source: string): string | undefined {
  try {
    const existing = statSync(path);
    if (!existing.isFile()) return `${path} exists and is not a file`;
    const { ino, dev } = source === '-' ? fstatSync(process.stdin.fd) : statSync(source);
    return existing.ino === ino && existing.dev === dev
      ? `${path} is the file that is read; choose another name`
      : undefined;
  } catch (error) {
    const isAbsent = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    return isAbsent ? undefined : `cannot write ${path}: ${fileErrorReason(error)}`;
  }
}

/** The problems with replacing files that this program did not write for the same input. */
export function replaceProblems(out: string, table: Table): string[] {
  const failed = fixPathOf(out);
  const earlier = readEarlierResult(out, table);
  const problems: string[] = [];
  if (existsSync(out) && !earlier) problems.push(`${out} exists, and is not a result of this input`);
  if (existsSync(failed) && !isUnedited(failed, table, earlier)) {
    problems.push(`${failed} exists, and was edited or is not of this input`);
  }
  return problems.map((problem) => `--out ${out}: ${problem}; choose another name, or replace it with --force`);
}
