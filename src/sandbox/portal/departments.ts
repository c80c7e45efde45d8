import { randomUUID } from 'node:crypto';

/** A group that people created. The groups that define a person's type are separate. */
export interface Department {
  id: string;
  name: string;
  managerId: string | undefined;
  memberIds: readonly string[];
}

/** Departments are in memory, and lost on a restart. */
export class Departments {
  private readonly byId = new Map<string, Department>();

  all(): Department[] {
    return [...this.byId.values()];
  }

  get(id: string): Department | undefined {
    return this.byId.get(id.toLowerCase());
  }

  /** Two departments may have the same name. */
  create(department: Omit<Department, 'id'>): Department {
    return this.save({ id: randomUUID(), ...department });
  }

  save(department: Department): Department {
    const saved = { ...department, memberIds: [...new Set(department.memberIds)] };
    this.byId.set(saved.id, saved);
    return saved;
  }

  delete(id: string): void {
    this.byId.delete(id);
  }

  /** Unknown ids are skipped. */
  join(memberId: string, ids: readonly string[]): void {
    for (const department of ids.map((id) => this.get(id))) {
      if (department) this.save({ ...department, memberIds: [...department.memberIds, memberId] });
    }
  }

  of(memberId: string): Department[] {
    return this.all().filter(({ memberIds }) => memberIds.includes(memberId));
  }
}
