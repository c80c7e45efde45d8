import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Finds a program that checks manifests or alerts: on the PATH, or fetched by `.ci/run`. */
export function toolPath(name: string, versionFlag: string): string | undefined {
  const brought = fileURLToPath(new URL('../../.local/tools/', import.meta.url));
  return [name, join(brought, name)].find((path) => {
    try {
      execFileSync(path, [versionFlag], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}
