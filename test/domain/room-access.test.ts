import { describe, expect, it } from 'vitest';
import {
  accessNumber,
  accessOfNumber,
  accessProblem,
  accesses,
  allowedAccesses,
  hasAccess,
  parseAccess,
} from '../../src/domain/room-access.js';
import {
  matchName,
  newGroupProblem,
  parseRoomRequest,
  roomProblem,
  splitPlaces,
  storedTitle,
} from '../../src/domain/place-names.js';
import type { ShownRole } from '../../src/domain/roles.js';

describe('an access name', () => {
  it.each([
    ['Editing', 'Editing', 10],
    ['editing', 'Editing', 10],
    ['Editor', 'Editing', 10],
    ['room manager', 'RoomManager', 9],
    ['Content creator', 'ContentCreator', 11],
    ['Viewer', 'Read', 2],
    ['fill-forms', 'FillForms', 7],
    ['Comment', 'Comment', 6],
    ['Reviewer', 'Review', 5],
  ] as const)('%s means %s, number %i', (word, access, number) => {
    expect(parseAccess(word)).toBe(access);
    expect(accessNumber(access)).toBe(number);
    expect(accessOfNumber(number)).toBe(access);
  });

  it.each(['', 'None', 'Edit', '10', 'Owner', '__proto__'])('"%s" means none', (word) => {
    expect(parseAccess(word)).toBeUndefined();
  });

  it('is ordered by rights', () => {
    expect(accesses.filter((access) => !hasAccess('Editing', access))).toEqual(['ContentCreator', 'RoomManager']);
    expect(hasAccess('Owner', 'RoomManager')).toBe(true);
  });
});

/** The numbers that the vendor's server accepted, by type of room: for administrators, Users and Guests. */
const measured: [number, number[], number[], number[]][] = [
  [1, [7, 9, 11], [7, 11], [7, 11]],
  [2, [2, 9, 10, 11], [2, 10, 11], [2, 10, 11]],
  [5, [2, 5, 6, 9, 10, 11], [2, 5, 6, 10, 11], [2, 5, 6, 10, 11]],
  [6, [9, 11], [11], [11]],
  [8, [2, 7, 9, 10, 11], [2, 7, 10, 11], [2, 7, 10, 11]],
  [9, [2, 9, 11], [2, 11], [2]],
];

describe('the table of accesses', () => {
  it.each(measured)('agrees with the vendor’s server for rooms of type %i', (type, admins, users, guests) => {
    const numbersFor = (role: ShownRole): number[] =>
      allowedAccesses(type, role)
        .map(accessNumber)
        .sort((a, b) => a - b);
    expect(numbersFor('DocSpaceAdmin')).toEqual(admins);
    expect(numbersFor('RoomAdmin')).toEqual(admins);
    expect(numbersFor('User')).toEqual(users);
    expect(numbersFor('Guest')).toEqual(guests);
  });

  it('gives the reason for a refusal', () => {
    expect(accessProblem(2, 'User', 'Editing')).toBeUndefined();
    expect(accessProblem(2, 'User', 'RoomManager')).toBe(
      'a User cannot have RoomManager in a collaboration room (possible: Read, Editing, ContentCreator)',
    );
    expect(accessProblem(6, 'Guest', 'Read')).toBe(
      'a Guest cannot have Read in a public room (possible: ContentCreator)',
    );
    expect(accessProblem(7, 'User', 'Read')).toBe('the portal has a type of room that is not known here (7)');
  });
});

describe('an entry of a cell', () => {
  it('is separated by semicolons', () => {
    expect(splitPlaces(' 5a; Teachers ;;')).toEqual(['5a', 'Teachers']);
  });

  it.each([
    ['Maths 5a: Editing', { room: 'Maths 5a', access: 'Editing' }],
    ['12:read', { room: '12', access: 'Read' }],
    ['Project: Alpha : room manager', { room: 'Project: Alpha', access: 'RoomManager' }],
  ])('"%s" names a room and an access', (text, request) => {
    expect(parseRoomRequest(text)).toEqual(request);
    expect(roomProblem(text)).toBeUndefined();
  });

  it.each(['Library', ': Read', 'Library: Edit', 'Library: None', ''])('"%s" is refused', (text) => {
    expect(parseRoomRequest(text)).toBeUndefined();
    expect(roomProblem(text)).toContain('does not end in an access');
  });
});

describe('a new group', () => {
  it.each([
    ['5a\u200b', 'a zero-width space (U+200B)'],
    ['Class\u00a05a', 'a no-break space (U+00A0)'],
    ['Tea\u00adchers', 'a soft hyphen (U+00AD)'],
    ['Tea\u200cchers', 'a zero-width non-joiner (U+200C)'],
    ['\u0421lass 5a', 'the Cyrillic letter "С" (U+0421)'],
  ])('may not look like another one: %j', (name, character) => {
    expect(newGroupProblem(name)).toBe(`the name of a new group may not contain ${character}`);
  });

  it.each(['-', '…', '"'])('needs a letter or a digit: %s', (name) => {
    expect(newGroupProblem(name)).toBe('the name of a new group needs a letter or a digit');
  });

  it.each([
    'Группа A',
    'IT-отдел',
    'Bureau d’études',
    '5а',
    '日本 Team',
    '日本　Team',
    '日本team',
    'Hawaiʻi',
    'کتاب\u200cخانه',
  ])('may have letters of any script: %s', (name) => {
    expect(newGroupProblem(name)).toBeUndefined();
  });
});

describe('a name', () => {
  const places = [
    { id: 1, name: 'Maths_ 5a' },
    { id: 2, name: 'Library' },
    { id: 3, name: 'Twice' },
    { id: 4, name: 'Twice' },
    { id: 5, name: 'Cafe\u0301' },
  ];

  it('of a room is rewritten as the portal does', () => {
    expect(storedTitle(' a/b:c*d?e"f<g>h|i\\j#k+l ')).toBe('a_b_c_d_e_f_g_h_i_j#k_l');
    expect(storedTitle('\u{1f600}')).toBe('__');
    expect(matchName('room', 'Maths: 5a', places)).toEqual({ place: places[0] });
  });

  it('matches exactly one place', () => {
    expect(matchName('group', 'Library', places)).toEqual({ place: places[1] });
    expect(matchName('group', 'Café', places)).toEqual({ place: places[4] });
    expect(matchName('group', 'library', places)).toEqual({
      problem: 'the portal has no group named "library"; it has "Library"',
    });
    expect(matchName('room', 'Lib', places)).toMatchObject({ problem: 'the portal has no room named "Lib"' });
    expect(matchName('room', 'Twice', places)).toEqual({
      problem: 'the portal has 2 rooms named "Twice"; write the id of one (3, 4)',
    });
  });
});
