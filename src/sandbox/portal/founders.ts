import { randomBytes } from 'node:crypto';
import { groupsOf, newEmployee, type Employee, type ShownType } from './employee.js';

/** Who is there from the start: a person of each type, with a key that acts as them. */

export const keyHolders = ['owner', 'docSpaceAdmin', 'roomAdmin', 'user', 'guest'] as const;
export type KeyHolder = (typeof keyHolders)[number];
export type Keys = Record<KeyHolder, string>;

/** Whose key is which. */
export interface Founding {
  keys: Keys;
  /** Ids of the founders. */
  holders: Record<KeyHolder, string>;
}

const founders: Record<KeyHolder, [type: ShownType, firstName: string, lastName: string]> = {
  owner: ['Owner', 'Olivia', 'Owner'],
  docSpaceAdmin: ['DocSpaceAdmin', 'Dana', 'Docspace'],
  roomAdmin: ['RoomAdmin', 'Rosa', 'Room'],
  user: ['User', 'Ugo', 'User'],
  guest: ['Guest', 'Gina', 'Guest'],
};

/** What the keys of a sandbox begin with, so that a program can tell them from a real portal's, which are random. */
const markOfKeys = '5a4db0c5';

export function newPortal(): { founding: Founding; employees: Employee[] } {
  const employees = each((holder): Employee => {
    const [type, firstName, lastName] = founders[holder];
    const userName = firstName.toLowerCase();
    const notes = `holds the sandbox key "${holder}"`;
    return {
      ...newEmployee({ firstName, lastName, email: `${userName}@sandbox.example`, notes }),
      userName,
      groups: groupsOf(type),
      owner: type === 'Owner',
      activationStatus: 1,
    };
  });
  return {
    founding: {
      keys: each(() => `sk-${markOfKeys}${randomBytes(28).toString('hex')}`),
      holders: each((holder) => employees[holder].id),
    },
    employees: Object.values(employees),
  };
}

function each<Value>(value: (holder: KeyHolder) => Value): Record<KeyHolder, Value> {
  return Object.fromEntries(keyHolders.map((holder) => [holder, value(holder)])) as Record<KeyHolder, Value>;
}
