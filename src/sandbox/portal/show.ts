import type { Context } from 'hono';
import type { Employee } from './employee.js';
import { originOf } from './envelope.js';
import type { Env, Portal } from './env.js';
import { lostProfile, lostUser } from './lost-user.js';
import { fullProfile } from './profile.js';
import { isAdministrator } from './rights.js';

/** The profile of a person, as far as the caller may see it. */
export function show(
  context: Context<Env>,
  { people, departments }: Portal,
  employee: Employee,
  { isSelf = false } = {},
): Record<string, unknown> {
  const { caller } = context.var;
  const isShownToAdministrator = isAdministrator(caller);
  const view = {
    origin: originOf(context),
    departments: departments.of(employee.id),
    creator: isShownToAdministrator ? people.byId(employee.createdBy ?? '') : undefined,
    showsUsedSpace: isShownToAdministrator || employee.id === caller.id,
    isSelf,
  };
  return employee === lostUser ? lostProfile(view) : fullProfile(employee, view);
}
