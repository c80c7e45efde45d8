import { defineConfig } from 'vitest/config';

/** Used by `npm run test:cluster`, which finds or builds the programs that it needs. */
export default defineConfig({
  test: { include: ['test/cluster/import.ts'], testTimeout: 600_000, hookTimeout: 120_000, env: { NO_COLOR: '1' } },
});
