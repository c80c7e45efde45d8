import type { Employee, Group } from './employee.js';

/**
 * The server shows roles from a cache of groups, which every complete group write clears for the whole portal. If the
 * database executes a write whose answer is lost, the server throws before it clears the cache. Reads then show the old
 * role for up to 20 minutes (docspace-api.md §10).
 */
export class GroupCache {
  private readonly stale = new Map<string, readonly Group[]>();

  /** A person as the server shows them. */
  show(row: Employee): Employee {
    const groups = this.stale.get(row.id);
    return groups ? { ...row, groups } : row;
  }

  /** Keeps showing the groups that a row has now. */
  keep({ id, groups }: Employee): void {
    if (!this.stale.has(id)) this.stale.set(id, groups);
  }

  clear(): void {
    this.stale.clear();
  }
}
