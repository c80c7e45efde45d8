import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { isWritableByOthers } from '../file-permissions.js';
import { secretNames, type Environment } from './environment.js';

export interface SecretSource {
  name: string;
  value: string | undefined;
  file: string | undefined;
}

/** Where a secret comes from; `undefined` if it is not set. */
export function secretSource(env: Environment, name: string): SecretSource | undefined {
  const source = { name, value: env[name], file: env[`${name}_FILE`] };
  return source.value === undefined && source.file === undefined ? undefined : source;
}

/** The text of a secret, without the line end that an editor adds. */
export const secret = z.custom<SecretSource>().transform(({ name, value, file }, ctx): string => {
  const fail = (message: string, ...path: string[]): never => {
    ctx.addIssue({ code: 'custom', message, path });
    return z.NEVER;
  };
  if (file === undefined) return value?.trim() ?? '';
  if (value !== undefined) return fail(`and ${name}_FILE are both set: remove one of them`);
  try {
    // Users who can write the file decide whose key this program uses. The folder of a mounted secret keeps readers out.
    if (isWritableByOthers(statSync(file))) {
      return fail(`is a file that other users can change: chmod go-w ${file}`, 'FILE');
    }
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    return fail(`cannot be read: ${file} (${(error as NodeJS.ErrnoException).code})`, 'FILE');
  }
});

/** Containers mount secrets here. Everybody can read them, but nobody else is in the container. */
const containerSecrets = '/run/secrets/';

export interface SecretWarning {
  message: string;
  fix: string;
}

/** The secret files that everybody on this machine can read. They cause only a warning: many mounts leave no choice. */
export function worldReadableSecrets(env: Environment): SecretWarning[] {
  return secretNames.flatMap((name) => {
    const file = env[`${name}_FILE`];
    if (file === undefined || file.startsWith(containerSecrets) || !existsSync(file)) return [];
    const isReachable = (statSync(dirname(file)).mode & 0o001) !== 0 && (statSync(file).mode & 0o004) !== 0;
    return isReachable
      ? [{ message: `${name}_FILE can be read by everybody on this machine`, fix: `chmod o-r ${file}` }]
      : [];
  });
}
