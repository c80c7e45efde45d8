import { newSecret } from './api-keys.js';
import { groupsOf, newEmployee, type Employee, type ShownType } from './employee.js';

/** What a new portal contains: one person of each type, with a key for them. */

export const keyHolders = ['owner', 'docSpaceAdmin', 'roomAdmin', 'user', 'guest'] as const;
export type KeyHolder = (typeof keyHolders)[number];
export type Keys = Record<KeyHolder, string>;

/** The keys, and the ids of their owners. */
export interface KeyRing {
  keys: Keys;
  holders: Record<KeyHolder, string>;
}

const seedUsers: Record<KeyHolder, [type: ShownType, firstName: string, lastName: string]> = {
  owner: ['Owner', 'Olivia', 'Owner'],
  docSpaceAdmin: ['DocSpaceAdmin', 'Dana', 'Docspace'],
  roomAdmin: ['RoomAdmin', 'Rosa', 'Room'],
  user: ['User', 'Ugo', 'User'],
  guest: ['Guest', 'Gina', 'Guest'],
};

export function seed(): { keyRing: KeyRing; employees: Employee[] } {
  const employees = forEachHolder((holder): Employee => {
    const [type, firstName, lastName] = seedUsers[holder];
    const userName = firstName.toLowerCase();
    const notes = `holds the sandbox key "${holder}"`;
    return {
      ...newEmployee({ firstName, lastName, email: `${userName}@sandbox.example`, notes }),
      userName,
      groups: groupsOf(type),
      isOwner: type === 'Owner',
      hasPassword: true,
      activationStatus: 1,
    };
  });
  const keyRing = { keys: forEachHolder(newSecret), holders: forEachHolder((holder) => employees[holder].id) };
  return { keyRing, employees: Object.values(employees) };
}

function forEachHolder<Value>(value: (holder: KeyHolder) => Value): Record<KeyHolder, Value> {
  return Object.fromEntries(keyHolders.map((holder) => [holder, value(holder)])) as Record<KeyHolder, Value>;
}
