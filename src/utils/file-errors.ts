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
  ENAMETOOLONG: 'the path is too long; use a shorter one',
  EMFILE: 'this process has too many open files; raise the limit with `ulimit -n`',
};

/** Why the system refused to open, read or write a file; `undefined` for any other error. */
export function fileErrorReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errno' in error)) return undefined;
  const { code = '', message } = error as NodeJS.ErrnoException;
  return explanations[code] ?? /^\w+: (.*?)(?:,|$)/.exec(message)?.[1] ?? message;
}

/** Whether a user can fix the cause. */
export function isFixableFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && ((error as NodeJS.ErrnoException).code ?? '') in explanations;
}
