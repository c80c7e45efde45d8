import { groupProblem, type FoundPlace, type FoundPlaces } from '../../contract/places.js';
import { findPlaces } from '../../docspace/find-places.js';
import type { Portal } from '../../docspace/portal.js';
import { namedRooms, parseRoomRequest } from '../../domain/place-names.js';
import { accessProblem } from '../../domain/room-access.js';
import { parseRole } from '../../domain/roles.js';
import type { ListedPerson } from '../../people/people-list.js';
import type { RowProblem } from '../../people/problem.js';
import type { PeopleFile } from '../../people/read.js';
import { fromPortal } from './from-portal.js';
import { refuseProblems, type ImportRequest } from './read-import.js';

/** A file whose groups and rooms were looked up. */
export interface CheckedFile {
  file: PeopleFile;
  found: FoundPlaces;
}

/**
 * Looks up the groups and rooms of a file, and treats those that cannot be used as problems with their lines.
 *
 * @throws {Exit} if there are any, unless `--skip-invalid` leaves somebody to import
 */
export async function checkPlaces(portal: Portal, request: ImportRequest, file: PeopleFile): Promise<CheckedFile> {
  const { people } = file;
  const groups = people.flatMap((person) => person.groups ?? []);
  const rooms = namedRooms(people.flatMap((person) => person.rooms ?? []));
  const found = await fromPortal(portal, () => findPlaces(portal.places, { groups, rooms }));
  const { createGroups = false } = request.options;
  const problems = people.flatMap((person) => problemsOf(person, found, createGroups));
  if (problems.length === 0) return { file, found };
  const rows = new Set(problems.map(({ row }) => row));
  const checked: PeopleFile = {
    ...file,
    people: people.filter(({ row }) => !rows.has(row)),
    problems: [...file.problems, ...problems].sort((a, b) => a.line - b.line),
  };
  refuseProblems(request, { ...checked, problems });
  return { file: checked, found };
}

function problemsOf(
  { line, row, role, groups = [], rooms = [] }: ListedPerson,
  found: FoundPlaces,
  createGroups: boolean,
): RowProblem[] {
  const messages = [
    ...groups.map((asked) => {
      const group = placeOf(found.groups, asked);
      return group && !(createGroups && group.isMissing) ? groupProblem(group) : undefined;
    }),
    ...rooms.map((text) => {
      const request = parseRoomRequest(text);
      const room = request && placeOf(found.rooms, request.room);
      if (!room || room.message !== undefined) return room?.message;
      const problem = accessProblem(room.type, parseRole(role) ?? 'User', request.access);
      return problem && `room "${room.name}": ${problem}`;
    }),
  ];
  return messages.flatMap((message) => (message === undefined ? [] : { line, row, message }));
}

export function placeOf<Place extends FoundPlace>(places: readonly Place[], asked: string): Place | undefined {
  return places.find((place) => place.asked === asked);
}
