import type { Person } from './person.js';

/** The data of a person in a file. */
export type Field = keyof Person;

/** The name of each field in messages, which is also the suggested header of a required one. */
export const fieldNames: Readonly<Record<Field, string>> = {
  firstName: 'first name',
  lastName: 'last name',
  email: 'e-mail',
  role: 'role',
  groups: 'list of groups',
  rooms: 'list of rooms',
};

export const fields = Object.keys(fieldNames) as readonly Field[];

/** A file may lack these columns. */
export const isOptional = (field: Field): boolean => field === 'groups' || field === 'rooms';

export const requiredFields = fields.filter((field) => !isOptional(field));

/** Common headers of these columns in English, German, French, Spanish and Russian. */
const synonyms: Readonly<Record<Field, string>> = {
  firstName: 'first name, first, given name, forename, Vorname, prénom, prénoms, nombre, nombres, имя',
  lastName:
    'last name, last, surname, family name, Nachname, Familienname, nom, nom de famille, apellido, apellidos, фамилия',
  email:
    'e-mail, mail, e-mail address, mail address, e-mail 1 - value, E-Mail-Adresse, Mailadresse, courriel, mél, ' +
    'adresse e-mail, adresse mail, adresse électronique, adresse de messagerie, correo, correo electrónico, ' +
    'dirección de correo electrónico, почта, эл. почта, электронная почта, адрес электронной почты',
  role: 'role, type, user type, user role, Rolle, Typ, rol, tipo, роль, тип',
  groups: 'groups, group, Gruppen, Gruppe, groupes, groupe, grupos, grupo, группы, группа',
  rooms: 'rooms, room, Räume, Raum, salles, salle, salas, sala, комнаты, комната',
};

/** Headers of columns with the first and the last name in one cell, which no rule splits reliably. */
const fullNames =
  'name, full name, display name, Vor- und Nachname, nom complet, nom et prénom, nombre completo, nombre y apellidos, ФИО';

const keysOf = (names: string): string[] => names.split(', ').map(keyOf);
const fieldByKey = new Map(fields.flatMap((field) => keysOf(synonyms[field]).map((key) => [key, field] as const)));
const fullNameKeys = new Set(keysOf(fullNames));

/** The field that a column or key means. Case, spaces, hyphens, accents and `[Required]` do not matter. */
export function fieldOf(column: string): Field | undefined {
  return fieldByKey.get(keyOf(column));
}

export function isFullName(column: string): boolean {
  return fullNameKeys.has(keyOf(column));
}

function keyOf(column: string): string {
  return column
    .slice(0, 100)
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\[[^\][]*\]|\([^()]*\)/g, '')
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}
