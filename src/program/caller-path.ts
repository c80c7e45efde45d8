import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmScript } from './settings/environment.js';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Resolves a path that was typed: `npm run` changes to the folder of the package, away from the caller's folder. */
export function callerPath(path: string): string {
  const { caller, packageFile = '' } = npmScript();
  const isOwnScript = resolve(dirname(packageFile)) === resolve(packageFolder);
  return path === '-' || caller === undefined || !isOwnScript ? path : resolve(caller, path);
}
