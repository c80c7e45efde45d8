import { expect } from 'vitest';
import type { z } from 'zod';
import type { Environment } from '../../src/program/settings/environment.js';
import { readSettings } from '../../src/program/settings/read-settings.js';

/** The problems of a program's variables, if there are any. */
export function problemsOf(schema: z.ZodType, variables: Environment): string[] {
  const reading = readSettings(schema, { variables, problems: [] });
  return 'problems' in reading ? reading.problems : [];
}

/** The settings of a program whose variables are valid. */
export function readValid<Output>(schema: z.ZodType<Output>, variables: Environment): Output {
  const reading = readSettings(schema, { variables, problems: [] });
  return 'settings' in reading ? reading.settings : expect.fail(reading.problems.join('\n'));
}
