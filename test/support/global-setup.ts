import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { findTemporalCli } from '../../src/local/temporal-cli.js';
import { startTemporalServer } from './temporal-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    temporalCli: string;
    /** The folder for temporary files; removed after the last test. */
    folder: string;
  }
}

/** Starts one real Temporal server for all tests. Each test file has its own task queue. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The tests run what users run: the JavaScript and the workflow bundle in dist/.
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL('../../scripts/build.mjs', import.meta.url))]);
  const found = await findTemporalCli(
    '.local/temporal-cli',
    (line) =>
      process.stderr.write(`${line}
`),
    process.env['TEMPORAL_CLI'],
  );
  const path = wholePath(found.path);
  const server = await startTemporalServer(path, [
    // Without this, a timer or a retry may fire up to a second late.
    'history.timerProcessorMaxTimeShift="20ms"',
    'frontend.WorkflowTimeSkippingEnabled=true',
  ]);
  project.provide('temporalAddress', server.address);
  project.provide('temporalCli', path);
  const folder = mkdtempSync(join(tmpdir(), 'onboarding-'));
  project.provide('folder', folder);
  return async () => {
    await server.teardown();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
}

/** Some tests need the whole path of the server's program. */
function wholePath(path: string): string {
  if (path.includes('/')) return path;
  const folders = process.env['PATH']?.split(delimiter) ?? [];
  return folders.map((folder) => join(folder, path)).find((file) => existsSync(file)) ?? path;
}
