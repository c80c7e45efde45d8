import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { homeFolder, npmScript } from './settings/environment.js';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** The folder in which the program was started, if it is not the working folder any more. */
let startFolder: string | undefined;

/**
 * Changes to the folder that keeps `.env` and `.local/`. Paths below the working folder stay relative, because the path
 * of a socket is limited to about 100 characters.
 */
export function enterHomeFolder(): void {
  const configured = homeFolder();
  if (configured === undefined) return;
  const home = resolve(callerPath(configured));
  mkdirSync(home, { recursive: true, mode: 0o700 });
  startFolder = process.cwd();
  process.chdir(home);
}

/**
 * Resolves a path that was typed. It is relative to the caller's folder, even under `npm run`, which changes to the
 * package's folder, and even after {@link enterHomeFolder}.
 */
export function callerPath(path: string): string {
  const { caller, packageFile = '' } = npmScript();
  const isOwnScript = resolve(dirname(packageFile)) === resolve(packageFolder);
  const folder = (isOwnScript ? caller : undefined) ?? startFolder;
  return path === '-' || folder === undefined ? path : resolve(folder, path);
}
