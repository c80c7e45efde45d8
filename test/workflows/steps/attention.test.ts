import { describe, expect, it } from 'vitest';
import { attentionSummary, recheckDelay } from '../../../src/workflows/steps/attention.js';

const details = { reason: 'quota', message: 'no seat is left', hint: '' } as const;

describe('the summary of an onboarding that needs attention', () => {
  it('names the reason, and that it waits for an operator', () => {
    expect(attentionSummary(details)).toBe('needs attention (quota): no seat is left; waits for retry');
  });

  it('announces the next check if everybody is concerned', () => {
    expect(attentionSummary({ ...details, portalWide: true })).toContain('; checks again');
  });

  it('stays below the 400 bytes of the server, with a codec, too', () => {
    const summary = attentionSummary({ ...details, reason: 'portal-unavailable', message: '名'.repeat(500) });
    expect(Buffer.byteLength(summary)).toBeLessThan(260);
  });
});

describe('the delay until a portal is checked again', () => {
  it('doubles from a minute to an hour', () => {
    const delays = [0, 1, 2, 5, 6, 100].map((rechecks) => recheckDelay(details, rechecks) / 60_000);
    expect(delays).toEqual([1, 2, 4, 32, 60, 60]);
  });

  it('is what the portal asked for', () => {
    expect(recheckDelay({ ...details, recheckAfterMs: 7 }, 3)).toBe(7);
  });
});
