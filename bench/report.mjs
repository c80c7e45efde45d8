// Writes the results of a benchmark to a file that also records the machine and the versions.
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

/** The CPU of an import, divided by that of raw got. */
export function costOf(results) {
  return (results.import['server ms'] + results.import['worker ms']) / results['raw got']['worker ms'];
}

/** Writes the results to a file. @returns its name */
export function keepResult(name, result, loadBefore = round(loadavg()[0])) {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  const date = new Date().toISOString().slice(0, 10);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}${date}-${name}.json`,
    `${JSON.stringify({ date, ...surroundings(loadBefore), ...result }, null, 2)}\n`,
  );
  return `bench/results/${date}-${name}.json`;
}

function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
}

function surroundings(loadBefore) {
  return {
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
    machine: {
      cpu: cpus()[0].model,
      cores: cpus().length,
      'memory GB': Math.round(totalmem() / 2 ** 30),
      platform: platform(),
      'load average': [loadBefore, round(loadavg()[0])],
    },
    versions: { node: process.version, temporal: versionOf('@temporalio/worker'), got: versionOf('got') },
  };
}

export function round(value) {
  return Number(value.toFixed(value < 100 ? 2 : 0));
}
