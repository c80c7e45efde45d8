/** Where a spreadsheet may begin a cell: one with another list separator splits cells elsewhere, and ignores their quotes. */
const cellStart = String.raw`(^|[,;|\t\n][ "]*)`;

/** A spreadsheet calculates a cell that begins with one of these. */
const sign = String.raw`(?=[=+\-@\t\uff1d\uff0b\uff0d\uff20])`;

const formulaStart = new RegExp(cellStart + sign, 'g');
const guardedStart = new RegExp(`${cellStart}'${sign}`, 'g');

/** Puts an apostrophe in front of each formula, so no spreadsheet calculates it. */
export function guardFormulas(text: string): string {
  return text.replaceAll(formulaStart, "$1'");
}

/** Removes what {@link guardFormulas} has added. */
export function removeFormulaGuards(text: string): string {
  return text.replaceAll(guardedStart, '$1');
}
