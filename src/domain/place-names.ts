import { shortened } from '../utils/shortened.js';
import { beyondBasicPlane, describeCharacter, invisible, letterOfOtherScript, toAsciiLookAlike } from './characters.js';
import { parseAccess, accesses, type Access } from './room-access.js';
import { parseRole } from './roles.js';

/** Groups and rooms as a file, an option or an input names them. */

/** A room by its title or id, and the access there. */
interface RoomRequest {
  room: string;
  access: Access;
}

/** The entries of a cell such as `5a; Teachers`. */
export function splitPlaces(cell: string): string[] {
  return cell
    .split(';')
    .map((entry) => entry.trim().normalize('NFC'))
    .filter((entry) => entry !== '');
}

/** Parses `Maths 5a: Editing`. A title may contain a colon, so the last one separates the access. */
export function parseRoomRequest(text: string): RoomRequest | undefined {
  const end = text.lastIndexOf(':');
  const access = parseAccess(text.slice(end + 1));
  const room = text.slice(0, Math.max(end, 0)).trim();
  return access === undefined || room === '' ? undefined : { room, access };
}

export function formatRoomRequest({ room, access }: RoomRequest): string {
  return `${room}: ${access}`;
}

/** The problem with a list of groups for a person with the role, or `undefined`. */
export function groupsProblem(groups: readonly string[], role: string): string | undefined {
  return groups.length > 0 && parseRole(role) === 'Guest' ? guestInGroup : undefined;
}

export const guestInGroup = 'a Guest cannot be in a group';

/** Why a person in these groups cannot become a Guest, or `undefined`. */
export function guestProblem(groups: Iterable<string>): string | undefined {
  const names = [...new Set(groups)];
  return names.length > 0 ? `${guestInGroup}; first leave ${names.join(', ')}` : undefined;
}

/** The problem with an entry of a list of rooms, or `undefined`. */
export function roomProblem(text: string): string | undefined {
  if (parseRoomRequest(text)) return undefined;
  return `"${shortened(text)}" does not end in an access (${accesses.join(', ')}), as in "Library: Read"`;
}

/** The names or ids of the rooms in requests such as `Library: Read`. A request that cannot be read names none. */
export const namedRooms = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => parseRoomRequest(text)?.room ?? []);

/** The problems with a list of rooms. */
export function roomsProblems(rooms: readonly string[]): string[] {
  const accessByRoom = new Map<string, Access>();
  return rooms.flatMap((text) => {
    const request = parseRoomRequest(text);
    if (!request) return roomProblem(text) ?? [];
    const other = accessByRoom.get(request.room) ?? request.access;
    accessByRoom.set(request.room, request.access);
    return other === request.access
      ? []
      : `the room "${shortened(request.room)}" is requested with ${other} and with ${request.access}`;
  });
}

/** Only an id is a number. A room whose title is a number has to be named by its id. */
export function isRoomId(room: string): boolean {
  return /^\d{1,9}$/.test(room);
}

export function isGroupId(group: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(group);
}

/** In UTF-16 code units, as the portal counts them. */
const maxGroupName = 128;

/** Why no group can be created with the name, or `undefined`. The portal does not keep an emoji, so none is found again. */
export function newGroupProblem(name: string): string | undefined {
  if (name.length > maxGroupName) return `the name of a group has at most ${maxGroupName} characters`;
  if (beyondBasicPlane.test(name)) return 'the portal does not keep an emoji in the name of a group';
  if (!/[\p{L}\p{N}]/u.test(name)) return 'the name of a new group needs a letter or a digit';
  const deceptive = deceptiveCharacter(name);
  if (deceptive !== undefined) return `the name of a new group may not contain ${describeCharacter(deceptive)}`;
  if (parseRole(name) ?? /^everyone$/i.test(name)) return 'a group with this name defines a role; set the role instead';
  return undefined;
}

/** The first character that makes a name look like another one, or `undefined`. */
function deceptiveCharacter(name: string): string | undefined {
  const [hidden] = invisible.exec(name.replaceAll(spellingJoiner, '')) ?? unusualSpace.exec(name) ?? [];
  if (hidden !== undefined) return hidden;
  const foreign = (name.match(/[\p{L}\p{M}]+/gu) ?? []).flatMap((word) => letterOfOtherScript(word) ?? []);
  return foreign.find((letter) => /^[a-z]$/.test(toAsciiLookAlike(letter)));
}

/** Persian and the scripts of India need these invisible characters between letters. */
const spellingJoiner = /(?<=[\p{L}\p{M}])(?<!\p{scx=Latin})[\u200c\u200d]/gu;

/** Any space but the ones that keyboards type: the ASCII one, and the wide one of Japanese. */
const unusualSpace = /[^\S \u3000]/;

/** Whether two names are so similar that one may be a typing error. */
export function isSimilarName(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}

/** The title that the portal stores: it trims, and replaces these characters and both halves of an emoji. */
export function storedTitle(title: string): string {
  return title.trim().replaceAll(/[/:*?"<>|\\+\uD800-\uDFFF]/g, '_');
}

interface NamedPlace {
  id: string | number;
  name: string;
}

/**
 * Finds the place with exactly this name, or tells why none can be used. A portal may have several of one name.
 *
 * @returns `isMissing` if no name is even similar
 */
export function matchName<Place extends NamedPlace>(
  kind: 'group' | 'room',
  name: string,
  places: readonly Place[],
): { place: Place } | { problem: string; isMissing?: true } {
  const stored = (kind === 'room' ? storedTitle(name) : name).normalize('NFC');
  const matches = places.filter((place) => place.name.normalize('NFC') === stored);
  const [match, ...others] = matches;
  if (match && others.length === 0) return { place: match };
  if (match) {
    const ids = matches.map(({ id }) => id).join(', ');
    return { problem: `the portal has ${matches.length} ${kind}s named "${name}"; write the id of one (${ids})` };
  }
  const similar = places.find((place) => isSimilarName(place.name, stored));
  const problem = `the portal has no ${kind} named "${name}"`;
  return similar ? { problem: `${problem}; it has "${similar.name}"` } : { problem, isMissing: true };
}
