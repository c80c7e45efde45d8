import { resolve } from 'node:path';
import { readEnvFile } from './env-file.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that are secrets. `NAME_FILE` names a file that holds the secret instead, such as a mounted secret. */
export const secretNames = ['API_KEY', 'CODEC_KEYS', 'ID_KEY', 'CODEC_SERVER_TOKEN'] as const;

/** The `.env` of the working folder. */
export const envFilePath = (): string => resolve('.env');

/** The environment, completed by the values in `.env`. */
export interface EnvironmentReading {
  variables: Environment;
  problems: readonly string[];
}

/**
 * Node reads the first two when it starts, before this program can read `.env`. The third names a program to run. The
 * fourth names the folder of `.env` itself.
 */
const environmentOnly = [
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'TEMPORAL_CLI',
  'DOCSPACE_ONBOARDING_HOME',
];

/** Only settings are taken from `.env`. Nothing else there, such as `NODE_OPTIONS`, may change which code runs. */
export function readEnvironment(settingNames: ReadonlySet<string>): EnvironmentReading {
  const path = envFilePath();
  const { values, problems } = readEnvFile(path);
  const isSetting = (name: string): boolean =>
    !environmentOnly.includes(name) && (settingNames.has(name) || name.startsWith('TEMPORAL_'));
  const names = Object.keys(values);
  const isMeantAsSetting = (name: string): boolean => isSetting(name.toUpperCase());
  return {
    variables: { ...Object.fromEntries(Object.entries(values).filter(([name]) => isSetting(name))), ...process.env },
    problems: [
      ...problems,
      ...Object.entries(values).flatMap(([name, value]) =>
        assignmentsAfterLineEnd(value)
          .filter(isMeantAsSetting)
          .map((other) => `${path}: the value of ${name} swallows ${other}: close or remove its quote`),
      ),
      ...names.flatMap((name) => {
        if (isSetting(name)) return [];
        if (environmentOnly.includes(name)) return [`${path}: ${name} has no effect there: set it in the environment`];
        if (isMeantAsSetting(name)) return [`${path}: ${name} must be in capital letters: ${name.toUpperCase()}`];
        return /^API_/i.test(name) ? [`${path}: ${name} is not a setting: use API_HOST and API_KEY`] : [];
      }),
    ],
  };
}

/** The names that a value of several lines assigns. A stray quote makes such a value of the lines that follow. */
function assignmentsAfterLineEnd(value: string): string[] {
  return [...value.matchAll(/\n\s*(?:export\s+)?([\w.-]+)\s*=/g)].map(([, name = '']) => name);
}

/** The folder that keeps `.env` and `.local/`, if it is not the current one. */
export const homeFolder = (): string | undefined => process.env['DOCSPACE_ONBOARDING_HOME'] || undefined;

export const isDumbTerminal = (): boolean => process.env['TERM'] === 'dumb';

/** The program that a shell started, such as `nohup`. */
export const runningProgram = (): string | undefined => process.env['_'];

/** Under `npm run`: the folder of the caller, and the package whose script runs. */
export const npmScript = (): { caller: string | undefined; packageFile: string | undefined } => ({
  caller: process.env['INIT_CWD'],
  packageFile: process.env['npm_package_json'],
});

/** Whether errors are printed with their stack. It works even if the settings cannot be read. */
export function isDebugging(): boolean {
  return (process.env['LOG_LEVEL'] ?? readEnvFile(envFilePath()).values['LOG_LEVEL']) === 'debug';
}

/** The environment for child processes: without secrets, and without variables that would change what they connect to. */
export function scrubbedEnvironment(): NodeJS.ProcessEnv {
  const withheld = ['TEMPORAL_', 'DOCSPACE_ONBOARDING_HOME', ...secretNames];
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !withheld.some((prefix) => name.startsWith(prefix))),
  );
}
