import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Copies this checkout without anything installed, built or started, except the cached Temporal CLI. */
export function freshCheckout() {
  const folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const names = listed
    .toString()
    .split('\0')
    .filter((name) => name !== '' && existsSync(join(root, name)));
  for (const name of [...names, '.local/temporal-cli'])
    if (existsSync(join(root, name))) cpSync(join(root, name), join(folder, name), { recursive: true });
  return folder;
}
