import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const results = new URL('../../bench/results/', import.meta.url);

it('docs/scaling.md has the figures of the last run of the cluster', () => {
  const last = readdirSync(results)
    .filter((name) => name.endsWith('-cluster.json'))
    .toSorted()
    .at(-1);
  const measured = JSON.parse(readFileSync(new URL(last ?? '', results), 'utf8')) as Record<string, object>;
  const text = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
  const happened = [
    'kill -9 of a worker',
    'kill -9 of the Temporal server',
    'PostgreSQL cut off',
    'rolling restart to a new build',
  ];
  for (const part of ['undisturbed', ...happened]) {
    for (const [name, value] of Object.entries(measured[part] ?? {})) {
      const figure = new RegExp(`(?<![\\d.,])${value.toLocaleString('en')}(?!\\d|[.,]\\d)`);
      expect({ part, name, value, quoted: figure.test(text) }).toMatchObject({ quoted: true });
    }
  }
});
