/** A file as its user wrote it, so the result can be written in the same form. */
export interface Table {
  /** Header names or JSON keys, in their order. */
  columns: string[];
  delimiter: string;
  lineEnd: '\n' | '\r\n';
  encoding: string;
  rows: TableRow[];
}

export interface TableRow {
  /** The physical line on which it starts, from 1. */
  line: number;
  /** In the order of the columns; missing cells are empty. */
  cells: readonly string[];
}

/** The columns that a result adds to the user's own. */
export const resultColumns = [
  'state',
  'role at the portal',
  'user id',
  'created',
  'name at the portal',
  'message',
] as const;

/** The column that a file of rows to fix adds. */
export const fixColumn = 'to fix';

/** The columns that a result adds if the file requests groups or rooms. */
export const placeColumns = ['groups at the portal', 'rooms at the portal'] as const;

/** The number of the user's own columns, if a result or a file of rows to fix is read again. */
export function userColumnCount(columns: readonly string[]): number {
  const added = [[...resultColumns, ...placeColumns], resultColumns, [fixColumn]].find((names) =>
    names.every((name, i) => columns.at(i - names.length) === name),
  );
  return columns.length - (added?.length ?? 0);
}
