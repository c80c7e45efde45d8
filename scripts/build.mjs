// Builds dist/ if it is missing or older than its sources: plain JavaScript, and the workflow bundle.
// Every command runs this first, so a fresh clone and a changed file need no extra step.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'dist');
const stamp = join(target, '.built');

const sources = [
  ...readdirSync(join(root, 'src'), { recursive: true }).map((name) => join('src', name)),
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
].map((name) => join(root, name));

if (!existsSync(stamp) || sources.some((file) => statSync(file).mtimeMs > statSync(stamp).mtimeMs)) {
  process.stderr.write('Building …\n');
  const started = new Date();
  const incoming = join(root, `.build-${process.pid}`);
  try {
    // `npm run check` checks the types; this only compiles.
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const compile = promisify(execFile)(process.execPath, [
      tsc,
      '-p',
      join(root, 'tsconfig.build.json'),
      '--noCheck',
      '--outDir',
      incoming,
    ]);
    const { bundleWorkflowCode } = await import('@temporalio/worker');
    const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error };
    const bundle = async (more) =>
      (
        await bundleWorkflowCode({
          workflowsPath: join(root, 'src/workflows/index.ts'),
          workflowInterceptorModules: [join(root, 'src/workflows/interceptors/incoming-signals.ts')],
          logger: quiet,
          ...more,
        })
      ).code;
    // With a codec, workflow failures are encrypted too, so the bundle contains their converter.
    const failureConverterPath = join(root, 'src/codec/failure-converter.ts');
    const [plain, encrypted] = await Promise.all([bundle({}), bundle({ failureConverterPath }), compile]);
    writeFileSync(join(incoming, 'workflow-bundle.js'), plain);
    writeFileSync(join(incoming, 'workflow-bundle.encrypted.js'), encrypted);
    writeFileSync(join(incoming, '.built'), started.toISOString());
    rmSync(target, { recursive: true, force: true });
    renameSync(incoming, target);
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.message}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(incoming, { recursive: true, force: true });
  }
}
