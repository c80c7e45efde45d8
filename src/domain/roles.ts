/** The roles of a DocSpace portal, least rights first (docspace-api.md §3.2). */
export const roles = ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'] as const;

export type Role = (typeof roles)[number];

/** What a portal can show: nobody is made an Owner by this program, and none is changed. */
export type ShownRole = Role | 'Owner';

/**
 * Names that administrators use for a role. `Manager` is the word of the documentation page; no portal has
 * such a type, and the nearest meaning is a room admin (docspace-api.md §3.2).
 */
const aliases: Readonly<Record<string, Role>> = {
  manager: 'RoomAdmin',
  visitor: 'Guest',
};

const byKey = new Map<string, Role>([
  ...Object.entries(aliases),
  ...roles.map((role): [string, Role] => [role.toLowerCase(), role]),
]);

/** Every word that {@link parseRole} understands, as it is shown in help and errors. */
export const roleNames: readonly string[] = ['Manager', ...roles];

/** The role that a word means, in any case and with or without spaces: `room admin`, `Manager`. */
export function parseRole(word: string): Role | undefined {
  return byKey.get(keyOf(word));
}

/** The role name a person most likely meant, for an error message. */
export function nearestRoleName(word: string): string | undefined {
  const key = keyOf(word);
  const ranked = roleNames
    .map((name) => ({ name, distance: editDistance(key, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  return nearest && nearest.distance <= Math.max(2, key.length / 3) ? nearest.name : undefined;
}

/** The sentence for a word that is no role. */
export function unknownRole(word: string): string {
  const nearest = nearestRoleName(word);
  const shown = word.length > 40 ? `${word.slice(0, 40)}…` : word;
  return `"${shown}" is not a role${nearest ? `; did you mean ${nearest}?` : ''} (${roleNames.join(', ')})`;
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

function keyOf(word: string): string {
  return word
    .slice(0, 100)
    .toLowerCase()
    .replaceAll(/[\s_-]/g, '');
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, left] of a.split('').entries()) {
    const current = [row + 1];
    for (const [column, right] of b.split('').entries()) {
      const substitution = (previous[column] ?? 0) + (left === right ? 0 : 1);
      current.push(Math.min(substitution, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
