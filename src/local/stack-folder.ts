import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Exit, exitCodes } from '../program/exit.js';
import { belongsToOtherUser, isWritableByOthers } from '../program/file-permissions.js';

/** Holds everything that commands keep on this machine, below the working folder. */
export const localFolder = '.local';

export const cliCacheFolder = join(localFolder, 'temporal-cli');

/** Keeps the path of a socket short: it is limited to about 100 characters. */
const maxNameLength = 40;

/**
 * Creates the folder of a portal's stack. Each portal has its own, so a sandbox's history never meets a real portal.
 *
 * @param origin of the portal; without one, the sandbox
 * @throws {Exit} if other users can change its contents
 */
export function prepareStackFolder(origin: string | undefined): string {
  const folder = join(localFolder, origin === undefined ? 'sandbox' : nameFor(new URL(origin).host));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertOwned(localFolder);
  for (const name of readdirSync(localFolder, { recursive: true, encoding: 'utf8' }))
    assertOwned(join(localFolder, name));
  return folder;
}

function nameFor(host: string): string {
  const name = host.replaceAll(/[^\w.-]/g, '-');
  if (name.length <= maxNameLength) return name;
  return `${name.slice(0, maxNameLength - 9)}-${createHash('sha256').update(host).digest('hex').slice(0, 8)}`;
}

/** The files in this folder decide which program runs, and which address gets names and e-mails. */
function assertOwned(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return; // gone in the meantime
  if (belongsToOtherUser(stats) || (stats.isSymbolicLink() && existsSync(path) && belongsToOtherUser(statSync(path)))) {
    throw new Exit(
      exitCodes.usage,
      `${resolve(path)} belongs to another user of this machine`,
      `Remove ${resolve(localFolder)}, or run the command in a folder of your own.`,
    );
  }
  if (!stats.isSymbolicLink() && isWritableByOthers(stats)) chmodSync(path, stats.mode & 0o700);
}
