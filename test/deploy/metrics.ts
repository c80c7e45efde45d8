import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Scrapes of a real worker before and after something happened to it, and the metrics that we ask for in them. */

export const textOf = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../deploy/monitoring/${path}`, import.meta.url)), 'utf8');

/** The metrics that are named in alerts and in the dashboard. */
export const metricsUsed = [
  ...new Set(
    [
      ...(textOf('alerts.yml') + textOf('dashboard.json')).matchAll(/\b(?:temporal|docspace|service)_[a-z_]+\b(?!")/g),
    ].map(String),
  ),
];

/** The lines of a scrape that are of those metrics. */
export function linesUsed(scrape: string): string[] {
  return scrape.split('\n').filter((line) => metricsUsed.includes(/^\w+/.exec(line)?.[0] ?? ''));
}
