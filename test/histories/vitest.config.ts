import { mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.js';

/** `npm run histories`: not a test, but it needs all that tests have. */
export default mergeConfig({ ...shared, test: { ...shared.test, include: [] } }, { test: { include: ['test/histories/record.ts'] } });
