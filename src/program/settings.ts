import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { portalLimits, type Limits } from '../docspace/rate-limit/limits.js';
import { Exit, exitCodes } from './exit.js';
import { parseDuration } from '../utils/duration.js';
import { isOnThisMachine, isLoopback } from '../utils/loopback.js';

/** Settings come from the environment, and from `.env` in the working folder where the environment has none. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface PortalSettings {
  /** Origin of the portal; without one, the sandbox on this machine is meant. */
  origin?: string;
  /** Only read where it is needed: by the worker, and by commands that bring one. */
  key?: string;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Reads a setting's value, and adds what is wrong with it to `problems`. */
type Reader<Value> = (env: Environment, problems: string[]) => Value;

export const readPortal: Reader<PortalSettings> = (env, problems) => {
  const origin = readOrigin(env, problems);
  const key = readKey(env, problems);
  if (origin !== undefined && key === undefined && env['API_KEY'] === undefined && env['API_KEY_FILE'] === undefined) {
    problems.push('API_KEY is not set: the portal at API_HOST needs a key (or API_KEY_FILE, a file that holds it)');
  }
  if (origin !== undefined && !isOnThisMachine(origin) && key?.startsWith(sandboxKey)) {
    problems.push(`API_KEY is the key of a sandbox, and ${origin} is none: make a key there under Developer Tools`);
  }
  return { ...(origin !== undefined && { origin }), ...(key !== undefined && { key }) };
};

/** So begin the keys that a sandbox makes. */
const sandboxKey = 'sk-5a4db0c5';

export const readOrigin: Reader<string | undefined> = (env, problems) => {
  // Node would then send the key to whoever answers in the portal's place.
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    problems.push(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 switches certificates off: remove it, and name an authority of your own in NODE_EXTRA_CA_CERTS',
    );
  }
  const value = env['API_HOST']?.trim();
  if (value === undefined) return undefined;
  if (value === '') {
    problems.push('API_HOST is empty: set it to the address of the portal, or remove it to use the sandbox');
    return undefined;
  }
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    problems.push(`API_HOST is not an address such as https://portal.example.com: ${value}`);
    return undefined;
  }
  if (url.username !== '' || url.password !== '') problems.push('API_HOST has a user name in it: remove it');
  else if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    problems.push(`API_HOST has more than an address in it; write ${url.origin}`);
  } else if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    problems.push(`API_HOST is not encrypted, and the API key would be readable on the way: write https://${url.host}`);
  }
  return url.origin;
};

export const readKey: Reader<string | undefined> = (env, problems) => {
  const key = secretIn(env, 'API_KEY', problems)?.trim();
  if (key === undefined) return undefined;
  const name = env['API_KEY'] === undefined ? 'the key in API_KEY_FILE' : 'API_KEY';
  if (key === '') problems.push(`${name} is empty: make a key in the portal under Developer Tools`);
  else if (!/^[\x21-\x7e]+$/.test(key)) problems.push(`${name} has a character that no key has: copy it again`);
  return key;
};

const writableByOthers = 0o022;

/** A secret from the environment, or from the file that `NAME_FILE` names, as secrets are mounted. */
export function secretIn(env: Environment, name: string, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined) return env[name];
  if (env[name] !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: remove one of them`);
    return undefined;
  }
  try {
    // Whoever writes it chooses whom this program acts for. Others may read a mounted secret: its folder keeps them out.
    if ((statSync(file).mode & writableByOthers) !== 0) {
      problems.push(`${name}_FILE can be changed by others than its owner: chmod go-w ${file}`);
    }
    return readFileSync(file, 'utf8');
  } catch {
    problems.push(`${name}_FILE cannot be read: ${file}`);
    return undefined;
  }
}

/** Settings that are secrets; each may also be a file, by `NAME_FILE`. */
export const secrets = ['API_KEY', 'CODEC_KEYS', 'ID_KEY', 'CODEC_SERVER_TOKEN'];

/** Where containers find their secrets, readable by all; nobody else is in there. */
const mounted = '/run/secrets/';

/** Which files of secrets everybody on this machine can read, and the mend. No problem: many a mount cannot do otherwise. */
export function worldReadableSecrets(env: Environment): { says: string; mend: string }[] {
  return secrets.flatMap((name) => {
    const file = env[`${name}_FILE`];
    if (file === undefined || file.startsWith(mounted) || !existsSync(file)) return [];
    const isReached = (statSync(dirname(file)).mode & 0o001) !== 0 && (statSync(file).mode & 0o004) !== 0;
    return isReached
      ? [{ says: `${name}_FILE can be read by everybody on this machine`, mend: `chmod o-r ${file}` }]
      : [];
  });
}

/** Milliseconds: longer than a portal's own proxy waits for its application. */
export const defaultSettleWindow = 90_000;

/** How long a lost create may still be committed, in milliseconds. */
export const readSettleWindow: Reader<number> = (env, problems) => {
  const value = env['SETTLE_WINDOW']?.trim();
  const window = value ? parseDuration(value) : defaultSettleWindow;
  if (window === undefined) problems.push(`SETTLE_WINDOW is not a duration such as 90s: ${value}`);
  return window ?? defaultSettleWindow;
};

/**
 * How often the portal may be called, by `PORTAL_CALLS_PER_MINUTE` and `PORTAL_PARALLEL_WRITES`. A portal on this machine is
 * not limited where nothing is set: the shipped configuration exempts it (docspace-api.md §6).
 *
 * @param origin of the portal that is meant; without one, the sandbox
 */
export function readLimits(env: Environment, problems: string[], origin: string | undefined): Limits {
  const nearby = origin === undefined || isOnThisMachine(origin);
  const read = (name: string, most: number): number | undefined => {
    const value = env[name]?.trim();
    if (!value) return nearby ? undefined : most;
    if (/^\d+$/.test(value)) return Number(value) || undefined;
    problems.push(`${name} is not a whole number such as ${most}, or 0 for no limit: ${value}`);
    return undefined;
  };
  const calls = read('PORTAL_CALLS_PER_MINUTE', portalLimits.calls);
  const parallelWrites = read('PORTAL_PARALLEL_WRITES', portalLimits.parallelWrites);
  return { ...(calls !== undefined && { calls }), ...(parallelWrites !== undefined && { parallelWrites }) };
}

export interface ListenAddress {
  host: string;
  port: number;
}

/** Where the worker says how it is, if anywhere: `host:port`, as in 127.0.0.1:8081. */
export function readListen(env: Environment, name: string, problems: string[]): ListenAddress | undefined {
  const value = env[name]?.trim();
  if (!value) return undefined;
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(value) ?? [];
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  problems.push(`${name} is not an address such as 127.0.0.1:8081: ${value}`);
  return undefined;
}

export function taskQueueIn(env: Environment): string {
  return env['TASK_QUEUE']?.trim() || 'docspace-onboarding';
}

/** Which build of which deployment a worker is, for Temporal's Worker Deployment Versioning. */
export interface WorkerVersion {
  deploymentName: string;
  buildId: string;
}

/** Off without `WORKER_DEPLOYMENT`: a `BUILD_ID` alone is somebody else's. */
export const readWorkerVersion: Reader<WorkerVersion | undefined> = (env, problems) => {
  const deploymentName = env['WORKER_DEPLOYMENT']?.trim();
  const buildId = env['BUILD_ID']?.trim();
  if (!deploymentName) return undefined;
  if (!buildId) problems.push('BUILD_ID is not set, and WORKER_DEPLOYMENT is: say which build this worker is');
  if (deploymentName.includes('.')) problems.push(`WORKER_DEPLOYMENT has a dot in it, which Temporal refuses: ${deploymentName}`); // prettier-ignore
  return { deploymentName, buildId: buildId ?? '' };
};

export const readLogLevel: Reader<LogLevel> = (env, problems) => {
  const value = env['LOG_LEVEL']?.trim().toLowerCase() || 'info';
  const level = logLevels.find((name) => name === value);
  if (!level) problems.push(`LOG_LEVEL is not one of ${logLevels.join(', ')}: ${value}`);
  return level ?? 'info';
};

/** @throws {Exit} with all problems, where there are any. */
export function noProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new Exit(exitCodes.usage, problems);
}
