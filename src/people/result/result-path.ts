import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { dirname, extname } from 'node:path';

/** Where the rows to mend are written: `x.csv` → `x.failed.csv`. */
export function failedPathOf(out: string): string {
  const ending = extname(out);
  return `${out.slice(0, out.length - ending.length)}.failed${ending}`;
}

/**
 * Adds to `problems` what would keep a result from being written, so that it is said before any work.
 *
 * @param source the file that is read, which a result must not replace
 */
export function checkWritable(out: string, problems: string[], source?: string): void {
  const folder = dirname(out);
  if (/^\.(?:json|jsonl|ndjson)$/i.test(extname(out))) problems.push(`--out ${out}: the result is a CSV; name it so`);
  if (!statOf(folder)?.isDirectory()) problems.push(`--out ${out}: there is no folder ${folder}`);
  else if (!isWritable(folder)) problems.push(`--out ${out}: nothing may be written to the folder ${folder}`);
  const read = source === undefined ? undefined : statOf(source);
  for (const path of [out, failedPathOf(out)]) {
    const there = statOf(path);
    if (!there) continue;
    if (!there.isFile()) problems.push(`--out ${out}: ${path} is there, and is not a file`);
    if (read && there.ino === read.ino && there.dev === read.dev) {
      problems.push(`--out ${out}: ${path} is the file that is read; choose another name`);
    }
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
