import { ApplicationFailureCategory } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toFailure } from '../../src/activities/failures.js';
import { PortalError, type PortalErrorFacts, type PortalErrorKind } from '../../src/docspace/errors.js';
import { classify } from '../../src/docspace/verdict.js';

const origin = 'https://portal.example.com';
const route = 'PUT /people/type/{type}';
const status = (code: number, isPortalResponse: boolean): PortalErrorFacts => ({
  kind: 'status',
  route,
  status: code,
  isPortalResponse,
});

describe('the table', () => {
  it.each<[string, PortalErrorFacts, string, string?]>([
    ['a portal that cannot be reached', { kind: 'not-sent', route, code: 'ECONNREFUSED' }, 'retry now'],
    ['a lost answer', { kind: 'unanswered', route }, 'retry now'],
    ['an answer that cannot be read', { kind: 'unreadable', route }, 'retry now'],
    ['a call that was given up', { kind: 'aborted', route }, 'retry now'],
    ['another site', { kind: 'not-a-portal', route }, 'needs attention', 'not-a-portal'],
    ['a redirect', { kind: 'redirect', route, status: 302 }, 'needs attention', 'not-a-portal'],
    ['a refused key', status(401, false), 'needs attention', 'api-key'],
    ['no seat left', status(402, true), 'needs attention', 'quota'],
    ['a portal whose plan has not been paid', status(402, false), 'needs attention', 'quota'],
    ['a missing right', status(403, true), 'needs attention', 'permission'],
    ['a refusal before the action', status(403, false), 'needs attention', 'permission'],
    ['a suspended portal', status(404, false), 'needs attention', 'not-a-portal'],
    ['an account that is not shown', status(404, true), 'retry now'],
    ['refused data', { ...status(400, true), route: 'POST /people' }, 'give up'],
    ['a refused role change', status(400, true), 'needs attention', 'role-not-applied'],
    ['a 400 that is not the portal’s', status(400, false), 'retry now'],
    ['a limit', status(429, false), 'retry later'],
    ['a call that would have waited too long for its turn', { kind: 'throttled', route, waitMs: 6_000 }, 'retry later'],
    ['an unavailable portal with Retry-After', { ...status(503, false), retryAfterMs: 7_000 }, 'retry later'],
    ['one that does not', status(503, false), 'retry now'],
    ['a server error', status(500, true), 'retry now'],
    ['a gateway', status(502, false), 'retry now'],
    ['a teapot', status(418, false), 'retry now'],
  ])('%s: %o → %s', (_, facts, kind, reason) => {
    expect(classify(facts, origin)).toMatchObject({ kind, ...(reason && { reason }) });
  });

  it('covers every error with a short failure that names only the route', () => {
    const kinds: PortalErrorKind[] = [
      'not-sent',
      'throttled',
      'unanswered',
      'unreadable',
      'not-a-portal',
      'status',
      'redirect',
      'aborted',
    ];
    const facts = fc.record(
      {
        kind: fc.constantFrom(...kinds),
        route: fc.constant(route),
        status: fc.integer({ min: 100, max: 599 }),
        isPortalResponse: fc.boolean(),
        portalMessage: fc.string({ maxLength: 200 }),
        retryAfterMs: fc.integer({ min: 0, max: 86_400_000 }),
        rateLimit: fc.nat(),
        waitMs: fc.integer({ min: 1, max: 100_000_000 }),
        code: fc.string({ maxLength: 30 }),
      },
      { requiredKeys: ['kind', 'route'] },
    );
    fc.assert(
      fc.property(facts, (each) => {
        const failure = toFailure(new PortalError(each), origin);
        expect(failure.message.length).toBeLessThan(400);
        expect(failure.cause).toBeUndefined();
        expect(['PortalUnavailable', 'RateLimited', 'NeedsAttention', 'PermanentFailure']).toContain(failure.type);
      }),
    );
  });
});

describe('a limit', () => {
  it('waits as long as the throttle of the worker requires', () => {
    const failure = toFailure(new PortalError({ ...status(429, false), waitMs: 7_000 }), origin);
    expect([failure.type, failure.nextRetryDelay]).toEqual(['RateLimited', 7_000]);
  });

  it('is not counted as an error', () => {
    const failure = toFailure(new PortalError(status(429, false)), origin);
    expect([failure.category, failure.nonRetryable]).toEqual([ApplicationFailureCategory.BENIGN, false]);
  });
});
