import { z } from 'zod';
import { portalLimits, type Limits } from '../../docspace/rate-limit/limits.js';
import { parseDuration } from '../../utils/duration.js';
import { isOnThisMachine } from '../../utils/loopback.js';
import { Exit, exitCodes } from '../exit.js';
import type { CodecSettings } from './codec-keys.js';
import type { Environment } from './environment.js';
import {
  apiKey,
  callLimit,
  check,
  codecChecks,
  codecShape,
  parsed,
  portalOrigin,
  proxyAddress,
  text,
  toCodec,
} from './fields.js';
import { isHttpProxy, proxyFor } from './proxy.js';
import type { SecretWarning } from './secrets.js';

const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Longer than a portal's own proxy waits for its application. */
export const defaultSettleWindowMs = 90_000;

export const defaultTaskQueue = 'docspace-onboarding';

/** The prefix of keys from a sandbox. */
const sandboxKeyPrefix = 'sk-5a4db0c5';

export const starterVariables = z.object({
  NODE_TLS_REJECT_UNAUTHORIZED: z
    .string()
    .optional()
    // Without this check, Node would send the key to any server that answers instead of the portal.
    .refine((value) => value !== '0', {
      message: 'is 0, which accepts any certificate: remove it, and name your own authority in NODE_EXTRA_CA_CERTS',
    }),
  API_HOST: portalOrigin,
  API_KEY: apiKey,
  ...codecShape,
  TASK_QUEUE: text,
  LOG_LEVEL: parsed((value, fail): LogLevel => {
    const level = logLevels.find((known) => known === value.toLowerCase());
    if (!level) fail(`is not one of ${logLevels.join(', ')}: ${value}`);
    return level ?? 'info';
  }),
  SETTLE_WINDOW: parsed((value, fail) => {
    const duration = parseDuration(value);
    // A number alone would count milliseconds.
    if (!duration || /^[\d.]+$/.test(value)) fail(`is not a duration above zero, with its unit, such as 90s: ${value}`);
    return duration;
  }),
  PORTAL_CALLS_PER_MINUTE: callLimit(portalLimits.calls),
  PORTAL_PARALLEL_WRITES: callLimit(portalLimits.parallelWrites),
  HTTPS_PROXY: proxyAddress,
  NO_PROXY: text,
  TEMPORAL_CLI: text,
});

export type PortalVariables = Pick<z.output<typeof starterVariables>, 'API_HOST' | 'API_KEY'>;
type ProxyVariables = Pick<z.output<typeof starterVariables>, 'API_HOST' | 'HTTPS_PROXY' | 'NO_PROXY'>;

const isSandboxKey = (key: unknown): boolean => typeof key === 'string' && key.startsWith(sandboxKeyPrefix);

export const portalChecks = [
  check<PortalVariables>(
    ({ API_HOST, API_KEY }) => typeof API_HOST !== 'string' || isOnThisMachine(API_HOST) || !isSandboxKey(API_KEY),
    'API_KEY is the key of a sandbox, but API_HOST is a real portal: create a key there under Developer Tools',
  ),
  // A proxy that is not used, such as one for browsers only, cannot be wrong.
  check<ProxyVariables>((variables) => {
    const proxy = usedProxy(variables);
    return proxy === undefined || isHttpProxy(proxy);
  }, 'HTTPS_PROXY is not the address of an HTTP proxy, such as http://proxy.example.com:3128'),
];

function usedProxy({ API_HOST: origin, HTTPS_PROXY, NO_PROXY }: ProxyVariables): string | undefined {
  return origin === undefined || !URL.canParse(origin) ? undefined : proxyFor(origin, HTTPS_PROXY, NO_PROXY);
}

export const missingKey =
  'API_KEY is not set: the portal at API_HOST needs a key (or API_KEY_FILE, a file that contains it)';

/** The settings of the starter's commands, and of the worker that a command starts. */
export const starterSettings = starterVariables
  .check(
    ...portalChecks,
    check<PortalVariables>(
      ({ API_HOST, API_KEY }) => API_HOST !== undefined || typeof API_KEY !== 'string' || isSandboxKey(API_KEY),
      'API_KEY is set and API_HOST is not: set API_HOST to the address of the portal, or remove API_KEY to use the sandbox',
    ),
    ...codecChecks,
  )
  .transform(toSettings);

export interface PortalSettings {
  /** Without an origin, the sandbox of this folder is used. */
  origin: string | undefined;
  /** Only the worker, `doctor` and a dry run need it. */
  key: string | undefined;
  /** The HTTP proxy for calls to the portal. */
  proxy: string | undefined;
  limits: Limits;
}

/** Available to every program, besides its own settings. */
export interface SharedSettings {
  /** The variables that `@temporalio/envconfig` reads. */
  temporal: Environment;
  secretWarnings: readonly SecretWarning[];
}

export interface Settings extends SharedSettings {
  portal: PortalSettings;
  codec: CodecSettings | undefined;
  taskQueue: string;
  logLevel: LogLevel;
  /** How long an unconfirmed create may still be committed. */
  settleWindowMs: number;
  /** The path of a Temporal CLI. */
  temporalCli: string | undefined;
}

export function toSettings(variables: z.output<typeof starterVariables>): Omit<Settings, keyof SharedSettings> {
  const { API_HOST: origin, API_KEY: key } = variables;
  return {
    portal: {
      origin,
      key,
      proxy: usedProxy(variables),
      limits: toLimits(variables),
    },
    codec: toCodec(variables),
    taskQueue: variables.TASK_QUEUE ?? defaultTaskQueue,
    logLevel: variables.LOG_LEVEL ?? 'info',
    settleWindowMs: variables.SETTLE_WINDOW ?? defaultSettleWindowMs,
    temporalCli: variables.TEMPORAL_CLI,
  };
}

/** @throws {Exit} if the portal is set and its key is not */
export function assertKeyIsSet({ origin, key }: PortalSettings): void {
  if (origin !== undefined && key === undefined) throw new Exit(exitCodes.usage, missingKey);
}

/** By default, a portal on this machine is not limited: the shipped configuration exempts it (docspace-api.md §6). */
function toLimits(variables: z.output<typeof starterVariables>): Limits {
  const { API_HOST: origin, PORTAL_CALLS_PER_MINUTE, PORTAL_PARALLEL_WRITES } = variables;
  const defaults: Limits = origin === undefined || isOnThisMachine(origin) ? {} : portalLimits;
  const calls = PORTAL_CALLS_PER_MINUTE ?? defaults.calls;
  const parallelWrites = PORTAL_PARALLEL_WRITES ?? defaults.parallelWrites;
  return { ...(calls && { calls }), ...(parallelWrites && { parallelWrites }) };
}
