import { parseRole, type ShownRole } from '../../domain/roles.js';
import type { RoleChangeEntry, OnboardingState } from '../../contract/onboarding.js';
import { parseRoleChange } from '../../contract/role-change.js';

/** An outcome stays small however many changes came; the whole story is in the history. */
const listLimit = 20;

/** What an onboarding makes of the role changes that are sent to it: the last one wins, and what became of each is kept. */
export class RoleChanges {
  constructor(private readonly memory: OnboardingState) {}

  /**
   * Takes a change, as it was sent: anybody can send anything.
   *
   * @param parked whether the role before is parked, so that this one overtakes it
   * @returns whether it is wanted now; otherwise it is refused
   */
  take(change: unknown, by: string, at: string, parked: boolean): boolean {
    const entry = parseRoleChange(change, by, at);
    const role = entry.state === 'refused' ? undefined : parseRole(entry.role);
    if (!role) {
      this.note(entry);
      return false;
    }
    const { memory } = this;
    const current = parseRole(memory.requestedRole);
    // The same role again, while it is being applied, is answered by what the portal shows then.
    const isRepeated = !memory.isRolePending && !parked && role === parseRole(memory.roleBeingApplied);
    if (!isRepeated) {
      if ((memory.isRolePending || parked) && role !== current) this.supersede(memory.requestedRole);
      memory.requestedRole = entry.role;
      memory.hasRoleChange = true;
      memory.isRolePending = true;
    }
    this.note(entry);
    return true;
  }

  /** The role to apply now. */
  begin(): string {
    this.memory.isRolePending = false;
    this.memory.roleBeingApplied = this.memory.requestedRole;
    return this.memory.requestedRole;
  }

  /** The portal, read back, shows the role that was applied. */
  confirm(at: string, from: ShownRole | undefined): void {
    const applied = parseRole(this.memory.roleBeingApplied);
    for (const entry of this.waiting()) {
      if (parseRole(entry.role) !== applied) continue;
      Object.assign(entry, { state: 'applied', confirmedAt: at, ...(from && { from }) });
    }
    this.memory.roleBeingApplied = '';
  }

  /** What failed is not wanted any more: the change that came meanwhile is applied next. */
  giveUpApplying(): void {
    this.supersede(this.memory.roleBeingApplied);
    this.memory.roleBeingApplied = '';
  }

  private supersede(role: string): void {
    if (role === '') return;
    push(this.memory.superseded, role);
    const overtaken = parseRole(role);
    for (const entry of this.waiting()) if (parseRole(entry.role) === overtaken) entry.state = 'superseded';
  }

  private waiting(): RoleChangeEntry[] {
    return this.memory.roleChanges.filter(({ state }) => state === 'waiting');
  }

  private note(entry: RoleChangeEntry): void {
    push(this.memory.roleChanges, entry);
  }
}

function push<Item>(list: Item[], item: Item): void {
  list.push(item);
  if (list.length > listLimit) list.shift();
}
