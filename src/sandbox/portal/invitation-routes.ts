import { Hono, type Context } from 'hono';
import { groupsOf, isFree, newEmployee, typeOf, type Employee, type EmployeeType } from './employee.js';
import { originOf, success } from './envelope.js';
import type { Env, Portal } from './env.js';
import { accessDenied, ApiError, invalidOperation, nullReference, valueMissing } from './errors.js';
import { shortProfile } from './profile.js';
import { readBody, readUserIds } from './requests.js';
import { assertMayAdd, isAdministrator, maySee } from './rights.js';
import { requireSeat } from './seats.js';
import { show } from './show.js';

/** The calls that send mails to people with an account, and invitations (docspace-api.md §1.3, §7). */
export function invitationRoutes(portal: Portal): Hono<Env> {
  const { people, mails } = portal;
  const routes = new Hono<Env>();

  /** The mail's link activates the account and sets its password. */
  routes.post('/people/password', async (context) => {
    const { email } = await readBody(context, 'password');
    if (email === undefined) throw valueMissing('email');
    const { caller, call } = context.var;
    assertMayAdd(caller, 'RoomAdmin');
    const target = people.withEmail(email);
    if (!target) throw invalidOperation(`The user with "${email}" email could not be found`);
    if (isAdministrator(target) && typeOf(caller) !== 'Owner') throw accessDenied();
    if (target.status === 2) throw invalidOperation('Your profile is suspended');
    call.commit(() => mails.send('password', target.email));
    return success(context, `The password change instruction has been sent to ${target.email} email address.`);
  });

  /** A 200 does not prove that a mail was sent: the portal silently skips some people. */
  routes.put('/people/invite', async (context) => {
    const { caller, call } = context.var;
    assertMayAdd(caller, 'User');
    const targets = (await readUserIds(context)).map((id) => {
      const target = people.byId(id);
      if (!target) throw nullReference();
      if (isInvitable(caller, target)) call.commit(() => mails.send('invitation', target.email));
      return target;
    });
    const shown = targets.map((target) => show(context, target));
    return success(context, shown);
  });

  /** The answer lists everybody whom the caller sees and whose e-mail is unconfirmed, not only the invited people. */
  routes.post('/people/invite', async (context) => {
    const { caller } = context.var;
    const invitations = (await readBody(context, 'invitations')).invitations ?? [];
    for (const { type } of invitations) {
      assertMayAdd(caller, type);
      if (type === 'Guest' || (type === 'DocSpaceAdmin' && typeOf(caller) !== 'Owner')) throw accessDenied();
      if (!isFree(type)) requireSeat(portal);
    }
    for (const { email, type } of invitations) if (email !== undefined) invite(context, email, type);
    const pending = people.all().filter((employee) => employee.activationStatus === 2 && maySee(caller, employee));
    const shown = pending.map((employee) => shortProfile(employee, originOf(context)));
    return success(context, shown);
  });

  function invite({ var: { caller, call } }: Context<Env>, email: string, type: EmployeeType): void {
    const existing = people.withEmail(email);
    if (existing?.status === 2) throw new ApiError(400, `User disabled: ${email}`);
    if (existing && rank(type) <= rank(typeOf(existing))) return;
    const invited = { ...newEmployee({ firstName: '', lastName: '', email, notes: '' }), status: 4 as const };
    const { id, groups } = existing ?? invited;
    call.commit(() => {
      if (!existing) people.insert({ ...invited, userName: people.freeUserName(email), createdBy: caller.id });
      people.changeGroups(id, { remove: groups, add: groupsOf(type) });
      mails.send('invitation', email);
    });
    people.clearGroupCache();
  }

  return routes;
}

/** Activated and disabled accounts get no mail. The caller must be allowed to manage the person. */
function isInvitable(caller: Employee, target: Employee): boolean {
  if (target.activationStatus === 1 || target.status === 2 || target.id === caller.id) return false;
  if (typeOf(caller) === 'RoomAdmin') return isFree(typeOf(target));
  return typeOf(target) !== 'DocSpaceAdmin' || typeOf(caller) === 'Owner';
}

function rank(type: ReturnType<typeof typeOf> | EmployeeType): number {
  return ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin', 'Owner'].indexOf(type);
}
