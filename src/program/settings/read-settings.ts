import type { z } from 'zod';
import { throwProblems } from '../exit.js';
import { codecServerVariables } from './codec-server-settings.js';
import { readEnvironment, secretNames, type Environment, type EnvironmentReading } from './environment.js';
import { secretSource, worldReadableSecrets } from './secrets.js';
import { starterVariables, type SharedSettings } from './starter-settings.js';
import { workerVariables } from './worker-settings.js';

/** Every name that `.env` may set, besides `TEMPORAL_*`. */
const settingNames: ReadonlySet<string> = new Set(
  [starterVariables.shape, workerVariables.shape, codecServerVariables.shape]
    .flatMap((shape) => Object.keys(shape))
    .concat(
      secretNames.map((name) => `${name}_FILE`),
      'https_proxy',
      'no_proxy',
    ),
);

/** Reads the settings of a program, or all problems with them. */
export function readSettings<Output>(
  schema: z.ZodType<Output>,
  { variables, problems }: EnvironmentReading = readEnvironment(settingNames),
): { settings: Output & SharedSettings } | { problems: string[] } {
  const { success, data, error } = schema.safeParse({
    ...variables,
    HTTPS_PROXY: variables['https_proxy'] ?? variables['HTTPS_PROXY'],
    NO_PROXY: variables['no_proxy'] ?? variables['NO_PROXY'],
    ...Object.fromEntries(secretNames.map((name) => [name, secretSource(variables, name)])),
  });
  const wrong = error?.issues.map(({ path, message }) => [path.join('_'), message].filter(Boolean).join(' ')) ?? [];
  if (!success || problems.length > 0) return { problems: [...problems, ...wrong] };
  return {
    settings: { ...data, temporal: temporalVariables(variables), secretWarnings: worldReadableSecrets(variables) },
  };
}

/**
 * Reads the settings of a program.
 *
 * @param problems earlier problems, to be reported together with those of the settings
 * @throws {Exit} with all problems
 */
export function requireSettings<Output>(
  schema: z.ZodType<Output>,
  problems: readonly string[] = [],
): Output & SharedSettings {
  const reading = readSettings(schema);
  throwProblems([...problems, ...('problems' in reading ? reading.problems : [])]);
  return (reading as { settings: Output & SharedSettings }).settings;
}

/** `TEMPORAL_*`, and the folders with the profiles of the Temporal CLI. */
function temporalVariables(variables: Environment): Environment {
  const folders = ['HOME', 'XDG_CONFIG_HOME', 'APPDATA'];
  return Object.fromEntries(
    Object.entries(variables).filter(([name]) => name.startsWith('TEMPORAL_') || folders.includes(name)),
  );
}
