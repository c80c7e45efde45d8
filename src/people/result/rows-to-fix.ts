import type { Row } from './csv-file.js';
import { fixColumn, type Table } from './table.js';

/** The part of a row's result that decides whether its user has to fix it. */
export interface RowState {
  state: string;
  message?: string;
}

const statesToFix: ReadonlySet<string> = new Set(['failed', 'invalid']);

/** The complete rows to fix with their header, each with its message. */
export function rowsToFix({ columns, rows }: Table, states: readonly RowState[]): Row[] {
  const toFix = rows.flatMap(({ cells }, index) => {
    const { state, message = '' } = states[index]!;
    return statesToFix.has(state) ? [[...padded(cells, columns.length), message]] : [];
  });
  return [[...columns, fixColumn], ...toFix];
}

export function padded(cells: Row, width: number): Row {
  return [...cells, ...Array<string>(Math.max(0, width - cells.length)).fill('')];
}
