// Kills every process at every moment, and then at random (`npm run test:crash`).
//
//   npm run test:crash                           all of test/crash/, with three seeds of the chaos test
//   npm run test:crash -- -u                     also writes docs/crashes.md
//   npm run test:crash -- -t 'get: answered'     the cases whose name matches
//   npm run test:crash -- --chaos --seed 7       the chaos test alone, with one seed
//   npm run test:crash -- --operators --seeds 50 the test of operators alone, with the seeds 1 to 50
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values, tokens } = parseArgs({
  options: {
    chaos: { type: 'boolean' },
    operators: { type: 'boolean' },
    seed: { type: 'string', multiple: true },
    seeds: { type: 'string' },
  },
  strict: false,
  tokens: true,
});
const ownOptions = ['chaos', 'operators', 'seed', 'seeds'];
const own = new Set(tokens.filter(({ name }) => ownOptions.includes(name)).flatMap(indexesOf));
const forVitest = process.argv.slice(2).filter((_, index) => !own.has(index));
const update = forVitest.includes('-u') || forVitest.includes('--update');
const seeds = values.seed ?? Array.from({ length: Number(values.seeds ?? 3) }, (_, index) => String(index + 1));

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const files = [
  ...(values.chaos ? ['test/crash/chaos.test.ts'] : []),
  ...(values.operators ? ['test/crash/operations.test.ts'] : []),
];
// Two cases at once: on two cores, more would only wait for each other.
const reporters = ['verbose', './test/crash/reporter.ts', './test/support/flaky-tests.ts'];
const flags = ['--maxConcurrency', '2', ...reporters.flatMap((reporter) => ['--reporter', reporter])];
const run = spawn(
  process.execPath,
  [vitest, 'run', ...(files.length === 0 ? ['test/crash'] : files), ...flags, ...forVitest],
  {
    stdio: 'inherit',
    env: { ...process.env, SEEDS: seeds.join(), ...(update && { CRASH_WRITE: '1' }) },
  },
);
run.once('exit', (code) => (process.exitCode = code ?? 1));

function indexesOf({ index, inlineValue, value }) {
  return value === undefined || inlineValue ? [index] : [index, index + 1];
}
