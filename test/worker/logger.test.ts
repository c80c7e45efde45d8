import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import { createLogger } from '../../src/worker/logger.js';

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u0000',
      '\n',
      '\r',
      '\u001B[2J',
      '\u007F',
      '\u009B',
      '\u2028',
      '\u2029',
      '\u202E',
      '\u2066',
      '\uFEFF',
    ),
    fc.constantFrom('"', '\\', '😀', '\u{E0001}', '\uD800'),
    fc.string({ unit: 'binary' }),
  ),
});

it('writes one JSON object per line, without characters that a terminal would act upon', () => {
  fc.assert(
    fc.property(hostile, hostile, (message, workflowId) => {
      const lines: string[] = [];
      createLogger({ write: (line) => lines.push(line) }, 'info', false).warn(message, { workflowId });
      const [line = ''] = lines;
      expect(lines).toHaveLength(1);
      expect(line).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\n$/u);
      expect(JSON.parse(line)).toMatchObject({ msg: message, workflowId });
    }),
  );
});

it.each([
  [true, 'ApplicationFailure portal'],
  [false, 'ApplicationFailure: Jane Roe is unknown'],
])('with a codec: %s, logs a failure as %s', (isConfidential, error) => {
  const lines: string[] = [];
  const failure = ApplicationFailure.nonRetryable('Jane Roe is unknown', 'portal');
  createLogger({ write: (line) => lines.push(line) }, 'info', isConfidential).warn('Activity failed', {
    error: failure,
  });
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'Activity failed', error });
});
