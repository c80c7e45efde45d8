import type { Context } from 'hono';
import { accessDenied, Thrown } from './envelope.js';
import { save, type Env, type Portal } from './env.js';
import { groupsOf, isFree, newEmployee, type Employee } from './employee.js';
import { checkColumns, checkNewMember, readBody } from './requests.js';
import { mayCreate } from './rights.js';
import { needSeat, seatIsFree } from './seats.js';

/** `POST /people` invites: it mails, falls back to a User where no seat is free, and refuses a Guest (docspace-api.md §1.1, §1.3). */
export async function create(context: Context<Env>, portal: Portal, invites: boolean): Promise<Employee> {
  const { people, settings } = portal;
  const { caller } = context.var;
  const { call } = context.env;
  const member = readBody('newMember', await context.req.text());
  const asked = member.type === 'All' ? ('RoomAdmin' as const) : member.type;
  if (!mayCreate(caller, asked)) throw accessDenied();
  if (asked === 'Guest' && invites) throw accessDenied();
  const person = checkNewMember(member);
  if (!call.emailIsChecked && people.withEmail(person.email))
    throw new Thrown(400, 'User with this email is already registered');

  let type = asked;
  if (!isFree(type) && !seatIsFree(portal)) {
    if (!invites) needSeat(portal);
    type = 'User';
  }
  const row: Employee = {
    ...newEmployee(checkColumns(person)),
    ...(!settings.keepsNotes && { notes: '' }),
    userName: people.freeUserName(person.email),
    createdBy: caller.id,
  };
  const wrong = call.takeIn('wrong-type');
  const half = call.takeIn('half-create');

  // Row, password, mail, group: four steps without a transaction. Without the last one the row is a RoomAdmin.
  save(context, people, row);
  const stopAfter = (step: string): void => {
    if (half?.after !== step) return;
    if (half.ends === 'reset') call.loseAnswer();
    throw new Thrown(500, 'The connection was closed.', 'DbException');
  };
  stopAfter('row');
  stopAfter('password');
  if (invites) call.commit(() => people.sendActivationMail(row.email));
  stopAfter('mail');
  const committed = { ...row, groups: groupsOf(wrong?.type ?? type) };
  save(context, people, committed);

  const lag = call.takeIn('lag');
  if (lag) people.hideFromReads(row.id, lag.reads);
  return wrong?.shows === 'asked' ? { ...row, groups: groupsOf(type) } : committed;
}
