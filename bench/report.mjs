// Reports the results of a benchmark: as a table, and as a file that also records the machine and the versions.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, platform, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

export function median(values) {
  return quantile(values, 0.5);
}

function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
}

/** Percentiles of onboardings that had the machine to themselves. */
export function timesIn(took) {
  return { 'p50 ms': quantile(took, 0.5), 'p95 ms': quantile(took, 0.95) };
}

/** The median of the ratios within each round, because the load of a machine changes from one minute to the next. */
export function ratiosIn(rounds) {
  const speed = (one, other) => round(median(rounds.map((each) => each[one]['people/s'] / each[other]['people/s'])));
  return {
    'import against raw got, people/s': speed('import', 'raw got'),
    'import against raw got with the same calls, people/s': speed('import', 'raw got, same calls'),
    'import against a workflow each, people/s': speed('import', 'a workflow each'),
    'import against raw got, CPU of server and worker': round(median(rounds.map(costOf))),
  };
}

/** The CPU of an import, divided by that of raw got. */
export function costOf(results) {
  return (results.import['server ms'] + results.import['worker ms']) / results['raw got']['worker ms'];
}

const columns = [
  'people/s',
  'p50 ms',
  'p95 ms',
  'server ms',
  'worker ms',
  'events',
  'bytes',
  'calls',
  'right role',
  'peak MB',
];

/** A table in Markdown. CPU, events, bytes and calls are per person. */
export function tableOf(rows) {
  const lines = [
    ['', ...columns],
    ['---', ...columns.map(() => '---:')],
    ...rows.map((row) => [row.form, ...columns.map((name) => (row[name] === undefined ? '–' : round(row[name])))]),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Writes the results to a file. @returns its name */
export function keepResult(name, result) {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}${date}-${name}.json`,
    `${JSON.stringify({ date, ...surroundings(), ...result }, null, 2)}\n`,
  );
  return `bench/results/${date}-${name}.json`;
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}

function surroundings() {
  return {
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
    machine: {
      cpu: cpus()[0].model,
      cores: cpus().length,
      'memory GB': Math.round(totalmem() / 2 ** 30),
      platform: platform(),
      'load average at the end': loadavg().map((load) => round(load)),
    },
    versions: { node: process.version, temporal: versionOf('@temporalio/worker'), got: versionOf('got') },
  };
}

export function round(value) {
  return Number(value.toFixed(value < 100 ? 2 : 0));
}
