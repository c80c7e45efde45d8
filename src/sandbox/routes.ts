import { Hono, type Context } from 'hono';
import { accessDenied, empty, invalid, Invalid, success, thrown, Thrown, userNotFound } from './answers.js';
import { groupsOf, isFree, newEmployee, typeOf, type Employee, type People } from './people.js';
import { profileOf } from './profile.js';
import { checkNewMember, readBody, readRouteType, readUserIds } from './requests.js';
import { isAdministrator, mayChangeType, mayCreate, mayManage, maySee } from './rights.js';

export interface PortalOptions {
  /** Paid seats, the owner's included; without it there is no limit. */
  seats?: number | undefined;
  /** Honours `PUT /people/{id} {role}` as the documentation page claims. No real portal does. */
  documentedRole?: boolean | undefined;
}

type Env = { Variables: { caller: Employee } };

/** The People API of a portal, with the real one's behaviour and quirks (docspace-api.md §9). */
export function peopleApi(people: People, options: PortalOptions): Hono<Env> {
  const api = new Hono<Env>();

  api.onError((error, context) => {
    if (error instanceof Invalid) return invalid(context, error);
    if (error instanceof Thrown) return thrown(context, error);
    throw error;
  });

  api.use(async (context, next) => {
    const key = /^Bearer (sk-[0-9a-f]{64})$/.exec(context.req.header('authorization') ?? '')?.[1];
    const caller = key === undefined ? undefined : people.withKey(key);
    if (!caller || caller.status === 2) return empty(context, 401);
    context.set('caller', caller);
    return next();
  });

  const show = (employee: Employee): Record<string, unknown> =>
    profileOf(employee, employee.createdBy === null ? undefined : people.byId(employee.createdBy));

  const visible = (context: Context<Env>, employee: Employee | undefined): Employee => {
    if (!employee) throw userNotFound();
    if (!maySee(context.var.caller, employee)) throw accessDenied();
    return employee;
  };

  const seatIsFree = (): boolean => options.seats === undefined || people.paid() < options.seats;
  const needSeat = (): void => {
    if (!seatIsFree()) throw new Thrown(402, 'The number of admins exceeds the limit');
  };

  /** Row, password, mail, group: four steps without a transaction. Without the last one the row is a RoomAdmin. */
  async function create(context: Context<Env>, fallsBackToUser: boolean): Promise<Response> {
    const member = readBody('newMember', await context.req.text());
    const { caller } = context.var;
    const asked = member.type;
    if (!mayCreate(caller, asked === 'All' ? 'RoomAdmin' : asked)) throw accessDenied();
    if (asked === 'Guest' && fallsBackToUser) throw accessDenied();
    const person = checkNewMember(member);
    if (people.withEmail(person.email)) throw new Thrown(400, 'User with this email is already registered');

    let type = asked === 'All' ? ('RoomAdmin' as const) : asked;
    if (!isFree(type) && !seatIsFree()) {
      if (!fallsBackToUser) needSeat();
      type = 'User';
    }
    const row: Employee = {
      ...newEmployee(person),
      userName: people.freeUserName(person.email),
      notes: member.comment ?? '',
      createdBy: caller.id,
    };
    people.commit(row);
    const grouped = { ...row, groups: groupsOf(type) };
    people.commit(grouped);
    return success(context, show(grouped));
  }

  api.post('/people', (context) => create(context, true));
  api.post('/people/active', (context) => create(context, false));

  api.get('/people/@self', (context) => success(context, show(context.var.caller)));

  api.get('/people/email', (context) => {
    const email = context.req.query('email') ?? '';
    if (email === '') throw new Thrown(400, "Value cannot be null. (Parameter 'email')");
    return success(context, show(visible(context, people.withEmail(email))));
  });

  api.get('/people/:id', (context) =>
    success(context, show(visible(context, people.byNameOrId(context.req.param('id'))))),
  );

  api.put('/people/type/:type', async (context) => {
    const to = readRouteType(context.req.param('type'));
    const changed: Employee[] = [];
    // One after the other, and the earlier ones stay changed when a later one fails.
    for (const id of readUserIds(await context.req.text())) {
      const target = people.byId(id);
      if (!target || !mayChangeType(context.var.caller, target, to)) throw accessDenied();
      const seatTaken = !isFree(typeOf(target));
      if (!seatTaken && (to === 'RoomAdmin' || to === 'DocSpaceAdmin')) needSeat();
      const moved = { ...target, groups: groupsOf(to === 'All' ? 'RoomAdmin' : to) };
      people.commit(moved);
      changed.push(moved);
    }
    return success(context, changed.map(show));
  });

  api.put('/people/status/:status', async (context) => {
    const status = { active: 1, '1': 1, terminated: 2, '2': 2 }[context.req.param('status').toLowerCase()] as
      1 | 2 | undefined;
    if (status === undefined) throw new Thrown(400, 'Incorrect status');
    const { caller } = context.var;
    const targets = readUserIds(await context.req.text()).map((id) => people.byId(id));
    const refused = targets.some((target) => !target || target.id === caller.id || !mayManage(caller, target));
    if (refused) throw accessDenied();
    const changed = targets.filter((target) => target !== undefined).map((target) => ({ ...target, status }));
    for (const employee of changed) people.commit(employee);
    return success(context, changed.map(show));
  });

  /** Takes anything, applies almost nothing, and answers 200 with the profile as it is (docspace-api.md §3.1). */
  api.put('/people/:id', async (context) => {
    const { caller } = context.var;
    const target = people.byNameOrId(context.req.param('id'));
    if (!target) throw userNotFound();
    const update = readBody('update', await context.req.text());
    if (target.id === caller.id) return success(context, show(target));
    if (!mayManage(caller, target)) throw accessDenied();

    let updated = target;
    if (typeof update.disable === 'boolean') updated = { ...updated, status: update.disable ? 2 : 1 };
    if (update.isUser === true && typeOf(updated) !== 'DocSpaceAdmin') updated = { ...updated, groups: ['Guest'] };
    if (options.documentedRole && typeof update.role === 'string')
      updated = { ...updated, groups: documented(update.role) };
    if (updated !== target) people.commit(updated);
    return success(context, show(updated));
  });

  api.delete('/people/:id', (context) => {
    const target = people.byNameOrId(context.req.param('id'));
    if (!target) throw userNotFound();
    if (!isAdministrator(context.var.caller) || !mayManage(context.var.caller, target)) throw accessDenied();
    if (target.status !== 2) throw new Thrown(403, 'The user is not suspended', 'System.InvalidOperationException');
    people.commit({ ...target, removed: true });
    return success(context, show(target));
  });

  api.notFound((context) => empty(context, 404));
  return api;
}

/** The documentation page calls a room admin "Manager". */
function documented(role: string): Employee['groups'] {
  const name = role.toLowerCase();
  if (name === 'docspaceadmin') return ['Admin'];
  if (name === 'user') return ['User'];
  return name === 'guest' ? ['Guest'] : [];
}
