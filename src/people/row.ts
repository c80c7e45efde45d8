import { repairMojibake } from './decoding/mojibake.js';
import { fieldNames, fields, type Field } from './fields.js';
import { removeFormulaGuards } from './formulas.js';
import { personSchema, type Person } from './person.js';
import { quoted } from './problem.js';

/** The values of a row, as the file has them. */
export type RawRow = Partial<Record<Field, unknown>>;

interface ParsedRow {
  /** The person, if there is no problem. */
  person?: Person;
  problems: { field: Field; message: string }[];
}

/** Removes surrounding spaces, formula guards and nulls from a row, and fills in the default role. */
export function normalizeRow(raw: RawRow, defaultRole: string | undefined): RawRow {
  const row: RawRow = {};
  for (const field of fields) {
    const value = raw[field] ?? undefined;
    row[field] = typeof value === 'string' ? removeFormulaGuards(value.trim()) : value;
  }
  if (row.role === undefined || row.role === '') row.role = defaultRole;
  return row;
}

/** Checks a normalized row against the schema of a person. */
export function parseRow(row: RawRow): ParsedRow {
  const garbled = fields.flatMap((field) =>
    [row[field]].flat().flatMap((text) => {
      const repaired = typeof text === 'string' ? repairMojibake(text) : undefined;
      return repaired === undefined ? [] : [{ field, message: garbledText(field, text as string, repaired) }];
    }),
  );
  const { data, error } = personSchema.safeParse(row);
  if (data && garbled.length === 0) return { person: data, problems: [] };
  const invalid = (error?.issues ?? []).map(({ path, code, message }) => {
    const field = path[0] as Field;
    return { field, message: code === 'invalid_type' ? notText(field, row[field]) : message };
  });
  const isGarbled = (field: Field): boolean => garbled.some((problem) => problem.field === field);
  return { problems: [...garbled, ...invalid.filter(({ field }) => !isGarbled(field))] };
}

function garbledText(field: Field, text: string, repaired: string): string {
  return `the ${fieldNames[field]} ${quoted(text)} is garbled: a program read its UTF-8 in another encoding; write ${quoted(repaired)}`;
}

function notText(field: Field, value: unknown): string {
  const name = fieldNames[field];
  if (value === undefined) {
    return field === 'role'
      ? 'the role is missing (--role sets one for all rows without a role)'
      : `the ${name} is missing`;
  }
  return `the ${name} is ${kindOf(value)}, but text is expected`;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
