import type { PersonResult } from '../../contract/batch.js';
import type { PeopleFile } from '../../people/read.js';
import { replaceProblems } from '../../people/result/result-path.js';
import { formatPlace } from '../../contract/places.js';
import { writeResult, type RowResult } from '../../people/result/result.js';
import { info } from '../../terminal/print.js';
import { countOf } from '../../utils/format-count.js';
import { fileErrorReason } from '../../utils/file-errors.js';
import type { ImportRequest } from './read-import.js';

/** Writes the result. A failure does not change what happened to the people, so this only prints how to fix it. */
export async function saveResult(
  { out, force }: ImportRequest,
  file: PeopleFile,
  results: readonly PersonResult[],
): Promise<void> {
  if (out === undefined) return;
  try {
    // Somebody may have edited the rows to fix while the import ran.
    const problems = force ? [] : replaceProblems(out, file.table);
    if (problems.length > 0) return explain(out, problems.join('; '));
    const { failed, rowsToFix } = await writeResult(out, file, results.map(toRow));
    info(`The result is in ${out}.`);
    if (failed !== undefined) {
      info(`${failed} has ${countOf(rowsToFix, 'row')} to fix, and can be imported again.`);
    }
  } catch (error) {
    const reason = fileErrorReason(error);
    if (reason === undefined) throw error;
    explain(out, reason);
  }
}

function toRow({ groups, rooms, ...result }: PersonResult): RowResult {
  return {
    ...result,
    ...(groups && { groups: groups.map(formatPlace) }),
    ...(rooms && { rooms: rooms.map(formatPlace) }),
  };
}

function explain(out: string, reason: string): void {
  info(`error: the result could not be written to ${out}: ${reason}`);
  info('Fix this, and run the same command again: it only reads the portal and writes the result.');
}
