import type { Stats } from 'node:fs';

export const isWritableByOthers = ({ mode }: Pick<Stats, 'mode'>): boolean => (mode & 0o022) !== 0;

/** Windows has no user ids. */
export const belongsToOtherUser = ({ uid }: Pick<Stats, 'uid'>): boolean =>
  process.getuid !== undefined && uid !== process.getuid();
