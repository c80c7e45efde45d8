import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbove, isPaid, nearestRoleName, parseRole, roles, unknownRole } from '../../src/domain/roles.js';

describe('a role name', () => {
  it.each([
    ['Manager', 'RoomAdmin'],
    ['room admin', 'RoomAdmin'],
    ['ROOM-ADMIN', 'RoomAdmin'],
    ['docspace_admin', 'DocSpaceAdmin'],
    ['guest', 'Guest'],
    ['Visitor', 'Guest'],
    ['User', 'User'],
  ])('%s means %s', (word, role) => {
    expect(parseRole(word)).toBe(role);
  });

  it.each(['', 'Owner', 'All', 'Boss', '__proto__', 'constructor', 'admin'])('"%s" means none', (word) => {
    expect(parseRole(word)).toBeUndefined();
  });

  it('that is mistyped is answered with the nearest one', () => {
    expect(nearestRoleName('Roomadmn')).toBe('RoomAdmin');
    expect(unknownRole('Gest')).toContain('did you mean Guest?');
    expect(unknownRole('Emperor')).not.toContain('did you mean');
  });

  it('is never answered with the whole of a huge word', () => {
    fc.assert(fc.property(fc.string({ maxLength: 5_000 }), (word) => unknownRole(word).length < 200));
  });
});

it('roles are ordered by rights, and two of them are paid', () => {
  for (const [index, role] of roles.entries()) {
    for (const [other, lower] of roles.entries()) expect(isAbove(role, lower)).toBe(index > other);
  }
  expect(isAbove('Owner', 'DocSpaceAdmin')).toBe(true);
  expect(roles.filter(isPaid)).toEqual(['RoomAdmin', 'DocSpaceAdmin']);
});
