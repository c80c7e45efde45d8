import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/** Resolves a path that was typed: `npm run` changes to the folder of the package, and `INIT_CWD` is the caller's. */
export function callerPath(path: string): string {
  const { INIT_CWD: caller, npm_package_json: packageFile = '' } = process.env;
  const isOwnScript = resolve(dirname(packageFile)) === resolve(packageFolder);
  return path === '-' || caller === undefined || !isOwnScript ? path : resolve(caller, path);
}
