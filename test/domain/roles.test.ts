import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAbove, isPaid, parseRole, roles, unknownRole } from '../../src/domain/roles.js';

describe('a role name', () => {
  it.each([
    ['Manager', 'RoomAdmin'],
    ['room admin', 'RoomAdmin'],
    ['ROOM-ADMIN', 'RoomAdmin'],
    ['docspace_admin', 'DocSpaceAdmin'],
    ['guest', 'Guest'],
    ['Visitor', 'Guest'],
    ['User', 'User'],
    ['Raumverwaltung', 'RoomAdmin'],
    ['DocSpace-Verwaltung', 'DocSpaceAdmin'],
    ['Administrateur de salle', 'RoomAdmin'],
    ['invite\u0301', 'Guest'],
    ['Administrador de la sala', 'RoomAdmin'],
    ['Usuario', 'User'],
    ['Администратор комнаты', 'RoomAdmin'],
    ['Гость', 'Guest'],
  ])('%s means %s', (word, role) => {
    expect(parseRole(word)).toBe(role);
  });

  it.each(['', 'Owner', 'All', 'Boss', '__proto__', 'constructor', 'admin', 'Администратор', 'Power user'])(
    '"%s" means none',
    (word) => {
      expect(parseRole(word)).toBeUndefined();
    },
  );

  it.each([
    ['RоomAdmin', 'the Cyrillic letter "о" (U+043E); write RoomAdmin'],
    ['Useг', undefined],
    ['Ｕser', 'a compatibility form of "U" (U+FF35); write User'],
    ['Gu\u200best', 'a zero-width space (U+200B); write Guest'],
    ['МANAGER', 'the Cyrillic letter "М" (U+041C); write RoomAdmin'],
  ])('"%s" that only looks like one is refused with the character', (word, hint) => {
    expect(parseRole(word)).toBeUndefined();
    if (hint === undefined) expect(unknownRole(word)).not.toContain('write');
    else expect(unknownRole(word)).toContain(hint);
  });

  it('that is unknown gets a short answer with all names', () => {
    expect(unknownRole('Gest')).toBe('"Gest" is not a role (Manager, Guest, User, RoomAdmin, DocSpaceAdmin)');
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
