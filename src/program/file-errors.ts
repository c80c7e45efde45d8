import { resolve } from 'node:path';

/** What the user has to fix, by the system's error code. */
const explanations: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'your disk quota is used up; free some space',
  EROFS: 'the file system is read-only; use another folder',
  EACCES: 'permission is denied; change its owner or its mode',
  EPERM: 'permission is denied; change its owner or its mode',
  EEXIST: 'it is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of the path is not a folder',
  ENAMETOOLONG: 'the path is too long; use a folder with a shorter path',
  EMFILE: 'this process has too many open files; raise the limit with `ulimit -n`',
};

/** Describes an error of the file system that a user can fix; `undefined` for any other error. */
export function describeFileError(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path } = error as NodeJS.ErrnoException;
  const explanation = explanations[code];
  return explanation === undefined || path === undefined ? undefined : `${resolve(path)}: ${explanation}`;
}
