import { expect, it } from 'vitest';
import { withoutAddresses } from '../../../src/docspace/http/envelope.js';

it('a message of the portal is shortened and loses its e-mail addresses', () => {
  expect(withoutAddresses('User jane.roe@example.com (a@b) is there')).toBe('User … … is there');
  expect(withoutAddresses('a'.repeat(300))).toHaveLength(200);
});

it('a long message without spaces is shortened in linear time', () => {
  expect(withoutAddresses('a'.repeat(1_000_000))).toHaveLength(200);
  expect(withoutAddresses(`${'@'.repeat(1_000_000)} `)).toBe('… ');
});
