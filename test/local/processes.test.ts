import { afterEach, expect, it, vi } from 'vitest';
import { scrubbedEnv } from '../../src/local/processes.js';

afterEach(() => void vi.unstubAllEnvs());

it('programs that are not ours are told no secret, and none of our own settings for Temporal', () => {
  const ours = ['API_KEY', 'CODEC_KEYS', 'CODEC_SERVER_TOKEN', 'ID_KEY', 'TEMPORAL_API_KEY', 'TEMPORAL_ADDRESS'];
  for (const name of ours) vi.stubEnv(name, 'a secret');
  const told = scrubbedEnv();
  expect(Object.values(told)).not.toContain('a secret');
  expect(told['PATH']).toBe(process.env['PATH']);
});
