import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkVersions } from '../../../src/commands/doctor/check-environment.js';

it.each([
  ['20.18.3', false],
  ['20.19.0', true],
  ['21.7.3', false],
  ['22.12.0', false],
  ['22.13.0', true],
  ['23.11.0', false],
  ['24.0.0', true],
  ['26.1.0', true],
])('Node %s is supported: %s', (node, ok) => {
  expect(checkVersions(node)).toMatchObject({ ok, ...(!ok && { fix: 'install Node 20.19, 22.13, 24 or newer' }) });
});

it('the range is that of package.json', () => {
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  expect(engines.node).toBe('^20.19.0 || ^22.13.0 || >=24');
});
