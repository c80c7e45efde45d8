import type { Context } from 'hono';
import { typeOf, type Employee } from './employee.js';
import { originOf } from './envelope.js';
import type { Env, Portal } from './env.js';
import { lostProfile, lostUser } from './lost-user.js';
import { fullProfile, type DepartmentShown } from './profile.js';
import { isAdministrator } from './rights.js';

/** The part of a person's profile that the caller may see. */
export function show(context: Context<Env>, employee: Employee, { isSelf = false } = {}): Record<string, unknown> {
  const { caller, portal } = context.var;
  const isShownToAdministrator = isAdministrator(caller);
  const view = {
    origin: originOf(context),
    // A User sees only their own. A Guest sees everybody's.
    departments:
      typeOf(caller) === 'User' && employee.id !== caller.id ? undefined : departmentsOf(portal, employee.id),
    creator: isShownToAdministrator ? portal.people.byId(employee.createdBy ?? '') : undefined,
    showsUsedSpace: isShownToAdministrator || employee.id === caller.id,
    isSelf,
  };
  return employee === lostUser ? lostProfile(view) : fullProfile(employee, view);
}

/** Sorted by name. The name of a manager is their user name. */
export function departmentsOf({ people, departments }: Portal, id: string): DepartmentShown[] {
  return departments.of(id).map((department) => {
    const manager = people.byId(department.managerId ?? '')?.userName;
    return { id: department.id, name: department.name, ...(manager !== undefined && { manager }) };
  });
}
