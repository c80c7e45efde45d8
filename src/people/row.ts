import { fieldNames, fields, type Field } from './fields.js';
import { personSchema, type Person } from './person.js';

/** What a row has under the fields, whatever it is. */
export type Given = Partial<Record<Field, unknown>>;

interface Checked {
  /** The person, where nothing is wrong with it. */
  person?: Person;
  problems: { field: Field; message: string }[];
}

/** What a result puts before a cell that a spreadsheet would calculate: the characters are csv-stringify's. */
const protection = /^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/;

/** A row as it is meant: without spaces around, without our own `'` of a result, and with the role for all where it has none. */
export function tidied(given: Given, defaultRole: string | undefined): Given {
  const tidy: Given = {};
  for (const field of fields) {
    const value = given[field];
    tidy[field] = typeof value === 'string' ? value.trim().replace(protection, '') : value;
  }
  if (tidy.role === undefined || tidy.role === '') tidy.role = defaultRole;
  return tidy;
}

/** Checks a tidied row by the one schema of a person. */
export function check(tidy: Given): Checked {
  const { data, error } = personSchema.safeParse(tidy);
  if (data) return { person: data, problems: [] };
  const problems = error.issues.map(({ path, code, message }) => {
    const field = path[0] as Field;
    return { field, message: code === 'invalid_type' ? noText(field, tidy[field]) : message };
  });
  return { problems };
}

function noText(field: Field, value: unknown): string {
  const name = fieldNames[field];
  if (value === undefined) {
    return field === 'role' ? 'the role is missing (--role gives one to all who have none)' : `the ${name} is missing`;
  }
  return `the ${name} is ${kindOf(value)} where a text is expected`;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
