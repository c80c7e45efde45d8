import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program of others that checks what this repository holds for them: of the PATH, or what `.ci/run` has brought. */
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
