import { collationKey } from './collation.js';
import type { DataFile } from './data-file.js';
import type { Department, Membership } from './department.js';

export class Departments {
  private readonly byId = new Map<string, Department>();
  private readonly members = new Map<string, Set<string>>();

  constructor(private readonly file: DataFile | undefined) {
    for (const line of file?.lines ?? []) {
      if ('department' in line) this.byId.set(line.department.id, line.department);
      else if ('membership' in line) this.store(line.membership);
    }
  }

  /** Sorted by name. */
  all(): Department[] {
    const all = [...this.byId.values()].filter(({ isRemoved }) => !isRemoved);
    return all.toSorted((one, other) => (collationKey(one.name) < collationKey(other.name) ? -1 : 1));
  }

  get(id: string): Department | undefined {
    const department = this.byId.get(id.toLowerCase());
    return department?.isRemoved ? undefined : department;
  }

  /** Two departments may have the same name. */
  insert(department: Department): void {
    this.byId.set(department.id, department);
    this.file?.append({ department });
  }

  update(id: string, change: Partial<Omit<Department, 'id'>>): void {
    const department = this.get(id);
    if (department) this.insert({ ...department, ...change });
  }

  memberIds(id: string): ReadonlySet<string> {
    return this.members.get(id) ?? new Set();
  }

  hasMember(id: string, memberId: string): boolean {
    return this.memberIds(id).has(memberId);
  }

  /** Unknown departments are skipped. */
  join(id: string, memberId: string): void {
    const department = this.get(id);
    if (department && !this.hasMember(department.id, memberId)) this.write(department.id, memberId, true);
  }

  /** A manager who leaves is no longer the manager. */
  leave(id: string, memberId: string): void {
    if (!this.hasMember(id, memberId)) return;
    this.write(id, memberId, false);
    if (this.get(id)?.managerId === memberId) this.update(id, { managerId: undefined });
  }

  /** Sorted by name. */
  of(memberId: string): Department[] {
    return this.all().filter(({ id }) => this.hasMember(id, memberId));
  }

  private write(departmentId: string, memberId: string, isMember: boolean): void {
    const membership = { departmentId, memberId, isMember };
    this.store(membership);
    this.file?.append({ membership });
  }

  private store({ departmentId, memberId, isMember }: Membership): void {
    const members = this.members.get(departmentId) ?? new Set();
    if (isMember) members.add(memberId);
    else members.delete(memberId);
    this.members.set(departmentId, members);
  }
}
