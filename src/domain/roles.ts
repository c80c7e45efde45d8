import { shortened } from '../utils/shortened.js';
import { describeCharacter, toAsciiLookAlike, wordKey } from './characters.js';

/** The roles of a DocSpace portal, least rights first (docspace-api.md §3.2). */
export const roles = ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'] as const;

export type Role = (typeof roles)[number];

/** The roles that a portal can show. This program makes nobody an Owner and changes none. */
export type ShownRole = Role | 'Owner';

/**
 * Other names of the roles: those on the portal's own pages in English, German, French, Spanish and Russian
 * (`Common.json` of DocSpace-client), and `Manager`, the word of the API page. No portal has such a type; the nearest
 * is a room admin (docspace-api.md §3.2).
 */
const aliases: Readonly<Record<Role, string>> = {
  Guest: 'visitor, Gast, invité, invitado, гость',
  User: 'Benutzer, utilisateur, usuario, пользователь',
  RoomAdmin:
    'manager, room administrator, Raumadministrator, Raumverwaltung, administrateur de salle, ' +
    'administrador de sala, administrador de la sala, администратор комнаты',
  DocSpaceAdmin:
    'DocSpace administrator, DocSpace-Verwaltung, administrateur de DocSpace, administrador de DocSpace, ' +
    'администратор DocSpace',
};

const roleByKey = new Map(
  roles.flatMap((role) => [role, ...aliases[role].split(', ')].map((name) => [wordKey(name), role] as const)),
);

/** The names that help and errors list. */
export const roleNames: readonly string[] = ['Manager', ...roles];

/** The role that a word means, in any case, with or without spaces: `room admin`, `Manager`. */
export function parseRole(word: string): Role | undefined {
  return roleByKey.get(wordKey(word));
}

/** The sentence for a word that is not a role. */
export function unknownRole(word: string): string {
  return `"${shortened(word)}" is not a role${lookAlikeHint(word)} (${roleNames.join(', ')})`;
}

/** A hint if a word only looks like a role: `RоomAdmin` with a Cyrillic о. */
function lookAlikeHint(word: string): string {
  const intended = parseRole(toAsciiLookAlike(word.slice(0, 100)));
  const other = Array.from(word).find((character) => character.toLowerCase() !== toAsciiLookAlike(character));
  return intended === undefined || other === undefined
    ? ''
    : `: it contains ${describeCharacter(other)}; write ${intended}`;
}

/** Whether `role` has more rights than `other`. */
export function isAbove(role: ShownRole, other: ShownRole): boolean {
  return rank(role) > rank(other);
}

/** Whether a portal counts the role as a paid seat. */
export function isPaid(role: ShownRole): boolean {
  return isAbove(role, 'User');
}

function rank(role: ShownRole): number {
  return role === 'Owner' ? roles.length : roles.indexOf(role);
}
