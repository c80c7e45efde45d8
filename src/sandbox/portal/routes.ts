import { Hono, type Context } from 'hono';
import { accessDenied, empty, invalid, Invalid, success, thrown, Thrown, userNotFound } from './envelope.js';
import { create } from './create.js';
import { demotionApi, Demotions } from './demotion-jobs.js';
import { groupsOf, isFree, typeOf, type Employee, type Group } from './employee.js';
import { save, type Env, type Portal } from './env.js';
import { Lists } from './list.js';
import { lostProfile, lostUser } from './lost-user.js';
import { profileOf } from './profile.js';
import { checkColumns, checkNames, readBody, readEmail, readRouteType, readUserIds } from './requests.js';
import { isAdministrator, mayChangeType, mayManage, maySee } from './rights.js';
import { needSeat } from './seats.js';

const statuses = new Map<string, 1 | 2>([
  ['active', 1],
  ['1', 1],
  ['terminated', 2],
  ['2', 2],
]);

/** The People API of a portal, with the real one's behaviour and quirks (docspace-api.md §9). */
export function peopleApi(portal: Portal): Hono<Env> {
  const { people, settings, options } = portal;
  const demotions = new Demotions(portal);
  const lists = new Lists(people);
  const api = new Hono<Env>();

  api.onError((error, context) => {
    if (error instanceof Invalid) return invalid(context, error);
    if (error instanceof Thrown) return thrown(error, settings.language);
    throw error;
  });

  api.use(async (context, next) => {
    const caller = people.actingWith(context.req.header('authorization'));
    if (!caller) return empty(401);
    context.set('caller', caller);
    return next();
  });

  const show = ({ var: { caller } }: Context<Env>, employee: Employee): Record<string, unknown> =>
    profileOf(employee, isAdministrator(caller) ? people.byId(employee.createdBy ?? '') : undefined);

  api.post('/people', async (context) => success(context, show(context, await create(context, portal, true))));
  api.post('/people/active', async (context) => success(context, show(context, await create(context, portal, false))));

  api.get('/people/@self', (context) => success(context, show(context, context.var.caller)));

  api.get('/people/email', (context) => {
    const email = readEmail(context.req.query('email'));
    demotions.advance(people.withEmail(email)?.id);
    return success(context, show(context, visible(context, people.withEmail(email))));
  });

  api.get('/people/filter', (context) => {
    const { page, total } = lists.page(context.var.caller, context.req.query());
    return success(
      context,
      page.map((employee) => show(context, employee)),
      { total },
    );
  });

  api.get('/people/:id', (context) => {
    const word = context.req.param('id');
    demotions.advance(people.byNameOrId(word)?.id);
    return success(context, show(context, visible(context, people.read(word))));
  });

  api.route('/', demotionApi(portal, demotions));

  api.put('/people/type/:type', async (context) => {
    const to = readRouteType(context.req.param('type'));
    const changed: object[] = [];
    // One after the other, and the earlier ones stay changed when a later one fails.
    for (const id of readUserIds(await context.req.text())) {
      const target = people.byId(id);
      if (!target) {
        if (!mayChangeType(context.var.caller, lostUser, to)) throw accessDenied();
        changed.push(lostProfile());
        continue;
      }
      if (!mayChangeType(context.var.caller, target, to)) throw accessDenied();
      const seatTaken = !isFree(typeOf(target));
      if (!seatTaken && (to === 'RoomAdmin' || to === 'DocSpaceAdmin')) needSeat(portal);
      const moved = { ...target, groups: groupsOf(to === 'All' ? 'RoomAdmin' : to) };
      save(context, people, moved);
      changed.push(show(context, moved));
    }
    return success(context, changed, { count: 1 });
  });

  api.put('/people/status/:status', async (context) => {
    const status = statuses.get(context.req.param('status').toLowerCase());
    if (status === undefined) throw new Thrown(400, 'Incorrect status');
    const { caller } = context.var;
    const targets = readUserIds(await context.req.text()).map((id) => {
      const target = people.byId(id);
      if (!target || target.id === caller.id || !mayManage(caller, target)) throw accessDenied();
      return target;
    });
    const changed = targets.map((target) => {
      if (status === 1 && target.status === 2 && !isFree(typeOf(target))) needSeat(portal);
      const moved = { ...target, status };
      save(context, people, moved);
      return show(context, moved);
    });
    return success(context, changed);
  });

  /** Takes anything, applies almost nothing, and answers 200 with the profile as it is (docspace-api.md §3.1). */
  api.put('/people/:id', async (context) => {
    const { caller } = context.var;
    const update = readBody('updateMember', await context.req.text());
    const target = people.byNameOrId(context.req.param('id'));
    if (!target) throw userNotFound();
    const isSelf = target.id === caller.id;
    if (!isSelf && !mayManage(caller, target)) throw accessDenied();

    let updated = target;
    if (isSelf) {
      const { firstName = target.firstName, lastName = target.lastName, comment: notes = target.notes } = update;
      checkNames(firstName, lastName);
      updated = checkColumns({ ...target, firstName, lastName, notes: settings.keepsNotes ? notes : '' });
    } else {
      if (typeof update.disable === 'boolean') updated = { ...updated, status: update.disable ? 2 : 1 };
      if (typeof update.isUser === 'boolean') updated = { ...updated, groups: movedByIsUser(updated, update.isUser) };
      if (isFree(typeOf(target)) && !isFree(typeOf(updated))) needSeat(portal);
      if (options.documentedRole && typeof update.role === 'string')
        updated = { ...updated, groups: documented(update.role) };
    }
    if (updated !== target) save(context, people, updated);
    return success(context, show(context, updated));
  });

  api.delete('/people/:id', (context) => {
    const target = people.byNameOrId(context.req.param('id'));
    if (!target) throw userNotFound();
    if (!isAdministrator(context.var.caller) || !mayManage(context.var.caller, target)) throw accessDenied();
    if (target.status !== 2) throw new Thrown(403, 'The user is not suspended', 'System.InvalidOperationException');
    save(context, people, { ...target, removed: true });
    return success(context, show(context, target));
  });

  api.notFound(() => empty(404));
  return api;
}

function visible(context: Context<Env>, employee: Employee | undefined): Employee {
  if (!employee) throw userNotFound();
  if (!maySee(context.var.caller, employee)) throw accessDenied();
  return employee;
}

/** `isUser` is the Guest group, whatever its name says (docspace-api.md §3.1). */
function movedByIsUser(employee: Employee, isUser: boolean): Group[] {
  if (typeOf(employee) === 'DocSpaceAdmin') return employee.groups;
  const others = employee.groups.filter((group) => group !== 'Guest');
  return isUser ? [...others, 'Guest'] : others;
}

/** The documentation page calls a room admin "Manager". */
function documented(role: string): Group[] {
  const name = role.toLowerCase();
  if (name === 'docspaceadmin') return ['Admin'];
  if (name === 'user') return ['User'];
  return name === 'guest' ? ['Guest'] : [];
}
