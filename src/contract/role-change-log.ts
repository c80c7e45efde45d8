import { isAbove, parseRole, type ShownRole } from '../domain/roles.js';
import type { OnboardingState, RoleChangeEntry } from './onboarding.js';

/** The part of an onboarding's state that role changes decide. */
export interface RoleChangeState<Entry = RoleChangeEntry> extends Pick<
  OnboardingState,
  'requestedRole' | 'isRolePending' | 'roleBeingApplied' | 'hasRoleChange' | 'superseded'
> {
  roleChanges: Entry[];
}

type AnyEntry = Pick<RoleChangeEntry, 'role' | 'from' | 'confirmedAt'> & { state: string };

/** Decides which role change supersedes another: the last one wins. The workflow and the audit follow this rule. */
export class RoleChangeLog<Entry extends AnyEntry = RoleChangeEntry> {
  /** @param limit how many changes and superseded roles to keep */
  constructor(
    private readonly state: RoleChangeState<Entry>,
    private readonly limit = Infinity,
  ) {}

  /** @returns `false` if the change is refused, because it names no role */
  add(entry: Entry): boolean {
    const isAccepted = entry.state !== 'refused';
    if (isAccepted) {
      if (this.isBeingApplied(entry.role)) entry.state = 'applying';
      else this.request(entry.role);
    }
    push(this.state.roleChanges, entry, this.limit);
    return isAccepted;
  }

  /**
   * Requests the role of an import. A higher role that was requested earlier is kept, unless the import may lower
   * roles. Either way the role is applied again, because that rereads the profile.
   */
  requestAtLeast(role: string, allowDemotion: boolean): void {
    const { isRolePending, requestedRole, hasRoleChange } = this.state;
    const [requested, incoming] = [parseRole(requestedRole), parseRole(role)];
    const isLower = requested !== undefined && incoming !== undefined && isAbove(requested, incoming);
    this.request(isLower && !allowDemotion ? requestedRole : role);
    this.state.hasRoleChange = allowDemotion || (isRolePending && hasRoleChange);
  }

  /** @returns the role to apply now */
  startApplying(): string {
    const { state } = this;
    const role = state.requestedRole;
    for (const entry of this.entries('waiting')) if (isSameRole(entry.role, role)) entry.state = 'applying';
    state.isRolePending = false;
    state.roleBeingApplied = role;
    return role;
  }

  /** The portal shows the role that was being applied. */
  confirm(confirmedAt: string, from: ShownRole | undefined): void {
    for (const entry of this.entries('applying')) {
      Object.assign(entry, { state: 'applied', confirmedAt, ...(from && { from }) });
    }
    this.state.roleBeingApplied = '';
  }

  /**
   * The role could not be applied. It is pending again, unless a later change has superseded it.
   *
   * @returns whether a later change has superseded it
   */
  fail(): boolean {
    const { state } = this;
    const isSuperseded = state.isRolePending;
    for (const entry of this.entries('applying')) entry.state = isSuperseded ? 'superseded' : 'waiting';
    if (isSuperseded) this.listSuperseded(state.roleBeingApplied);
    state.isRolePending = true;
    state.roleBeingApplied = '';
    return isSuperseded;
  }

  /** Whether a change applies the role now. An `onboard` request may not lower a role, so a change comes after it. */
  private isBeingApplied(role: string): boolean {
    const { isRolePending, hasRoleChange, roleBeingApplied } = this.state;
    return !isRolePending && hasRoleChange && isSameRole(role, roleBeingApplied);
  }

  private request(role: string): void {
    const { state } = this;
    if (state.isRolePending && !isSameRole(role, state.requestedRole)) {
      for (const entry of this.entries('waiting')) entry.state = 'superseded';
      this.listSuperseded(state.requestedRole);
    }
    Object.assign(state, { requestedRole: role, isRolePending: true, hasRoleChange: true });
  }

  private listSuperseded(role: string): void {
    if (role !== '') push(this.state.superseded, role, this.limit);
  }

  private entries(state: 'waiting' | 'applying'): Entry[] {
    return this.state.roleChanges.filter((entry) => entry.state === state);
  }
}

function isSameRole(role: string, other: string): boolean {
  return parseRole(role) === parseRole(other);
}

function push<Item>(list: Item[], item: Item, limit: number): void {
  list.push(item);
  if (list.length > limit) list.shift();
}
