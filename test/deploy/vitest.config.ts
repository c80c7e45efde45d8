import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** Records scrapes anew: `npx vitest run --config test/deploy/vitest.config.ts`. Not a test, but it needs all that tests have. */
export default mergeConfig(
  { ...shared, test: { ...shared.test, include: [] } },
  { test: { include: ['test/deploy/record.ts'] } },
);
