import type { Context } from 'hono';
import type { Department } from './department.js';
import { typeOf, type Employee, type Group } from './employee.js';
import type { Env, Portal } from './env.js';
import { notFound } from './errors.js';

export interface GroupRow extends Department {
  isSystem?: true;
}

/** The groups that define a type. No list shows them, but every call accepts their ids (docspace-api.md §11). */
const systemGroups: Record<string, Group> = {
  'cd84e66b-b803-40fc-99f9-b2969a54a1de': 'Admin',
  '88f11e7c-7407-4bea-b4cb-070010cdbb6b': 'User',
  'aced04fa-dd96-4b35-af3e-346bf1eb972d': 'Guest',
};

/** Departments and system groups, as the calls of `/group` read and change them. */
export class Groups {
  constructor(private readonly portal: Portal) {}

  /** @throws {ApiError} the portal's 404 */
  find(id: string): GroupRow {
    const role = systemGroups[id.toLowerCase()];
    if (role) return { id: id.toLowerCase(), name: role, isSystem: true };
    const department = this.portal.departments.get(id);
    if (!department) throw notFound('group');
    return department;
  }

  memberIds({ id }: GroupRow): ReadonlySet<string> {
    const { people, departments } = this.portal;
    const role = systemGroups[id];
    if (!role) return departments.memberIds(id);
    return new Set(people.all().flatMap((person) => (person.groups.includes(role) ? [person.id] : [])));
  }

  /** The portal shows no disabled members. */
  shown(memberIds: ReadonlySet<string>): Employee[] {
    return [...memberIds].flatMap((id) => {
      const person = this.portal.people.byId(id);
      return person && person.status !== 2 ? [person] : [];
    });
  }

  /** Without unknown and disabled people, and Guests. */
  eligible(ids: readonly string[]): string[] {
    return ids.flatMap((id) => {
      const person = this.portal.people.byId(id);
      return person && person.status !== 2 && typeOf(person) !== 'Guest' ? [person.id] : [];
    });
  }

  /**
   * Adds first, then removes. Each member is a transaction, so a call can stop midway.
   *
   * @returns the members that the caller is shown
   */
  async write(
    context: Context<Env>,
    group: GroupRow,
    { add = [], remove = [] }: { add?: readonly string[] | undefined; remove?: readonly string[] | undefined },
  ): Promise<ReadonlySet<string>> {
    const memberIds = new Set(this.memberIds(group));
    for (const id of this.eligible(add)) {
      await this.writeMember(context, group, id, 'add');
      memberIds.add(id);
    }
    for (const id of remove.map((each) => each.toLowerCase())) {
      await this.writeMember(context, group, id, 'remove');
      memberIds.delete(id);
    }
    return memberIds;
  }

  /**
   * The manager becomes a member. A Guest and a disabled person are silently refused.
   *
   * @returns the manager that the caller is shown
   */
  async setManager(context: Context<Env>, group: GroupRow, id: string | undefined): Promise<string | undefined> {
    const [managerId] = this.eligible(id === undefined ? [] : [id]);
    if (managerId === undefined) return group.managerId;
    await this.writeMember(context, group, managerId, 'add');
    context.var.call.commit(() => this.portal.departments.update(group.id, { managerId }));
    return managerId;
  }

  private async writeMember(
    { var: { call } }: Context<Env>,
    group: GroupRow,
    id: string,
    kind: 'add' | 'remove',
  ): Promise<void> {
    if (this.memberIds(group).has(id) === (kind === 'add')) return;
    const { people, departments, writers } = this.portal;
    const role = systemGroups[group.id];
    const change = (): void => {
      if (role) people.changeGroups(id, { [kind]: [role] });
      else if (kind === 'add') departments.join(group.id, id);
      else departments.leave(group.id, id);
    };
    const email = people.byId(id)?.email ?? id;
    await writers.run(`${group.id} ${id}`, () => call.execute('member', email, change), kind);
    if (role) people.clearGroupCache();
  }
}
