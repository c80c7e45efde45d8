import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const bench: string = '../../bench/figures.mjs';

it('docs/performance.md has the figures of the last benchmarks', async () => {
  const { tableOfFigures } = (await import(bench)) as { tableOfFigures: () => string };
  expect(readFileSync('docs/performance.md', 'utf8')).toContain(tableOfFigures());
});
