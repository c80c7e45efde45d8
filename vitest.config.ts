import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // One Temporal server serves all; on two cores more than two files at once only wait for each other.
    maxWorkers: 2,
    // Long, because a busy machine is slow, and a test that passes waits for nothing else.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // CI works on a busy machine. It repeats a test that fails once, and reports it if it then passes.
    retry: process.env['CI'] === undefined ? 0 : 1,
    reporters: ['default', './test/support/flaky-tests.ts'],
    env: { NO_COLOR: '1' },
    coverage: { include: ['src/**'] },
  },
});
