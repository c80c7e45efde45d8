import { expect, it } from 'vitest';
import { withoutAddresses } from '../../../src/docspace/http/envelope.js';

it('what a portal says is kept without addresses, as a beginning', () => {
  expect(withoutAddresses('User jane.roe@example.com (a@b) is there')).toBe('User … … is there');
  expect(withoutAddresses('a'.repeat(300))).toHaveLength(200);
});

it('the whole of an answer without a blank in it holds nobody up', () => {
  expect(withoutAddresses('a'.repeat(1_000_000))).toHaveLength(200);
  expect(withoutAddresses(`${'@'.repeat(1_000_000)} `)).toBe('… ');
});
