import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestPortal } from './portal.js';
import { emptyFolder } from './starter.js';

/** Files of people for the command `import`. */

export interface Row {
  email: string;
  role: string;
}

/** New people, one for each role. */
export function rows(...roles: string[]): Row[] {
  const group = randomUUID().slice(0, 8);
  return roles.map((role, index) => ({ email: `p${index}.${group}@example.com`, role }));
}

export function csvOf(people: readonly Row[]): string {
  const lines = people.map(({ email, role }) => `Jane;Roe;${email};${role};7b`);
  return ['First name;Last name;E-mail;Role;Class', ...lines, ''].join('\r\n');
}

/** An empty folder with the file people.csv. */
export function folderWith(people: readonly Row[]): string {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'people.csv'), csvOf(people));
  return cwd;
}

/** The last line of the output, in which a command with `--json` prints its result. */
export const lastJson = (stdout: string): unknown => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

/** The e-mails of the creates of these people that the portal received. */
export async function createsOf(portal: TestPortal, people: readonly Row[]): Promise<string[]> {
  const emails = new Set(people.map(({ email }) => email));
  return (await portal.ledger())
    .filter(({ about, phase, route }) => emails.has(about) && phase === 'received' && route.startsWith('POST'))
    .map(({ about }) => about);
}
