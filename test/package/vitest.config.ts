import { defineConfig } from 'vitest/config';

/** Used by `npm run test:package`, which installs the packed package in an empty folder. */
export default defineConfig({
  test: {
    include: ['test/package/installed.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
