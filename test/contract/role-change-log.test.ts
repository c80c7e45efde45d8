import { describe, expect, it } from 'vitest';
import type { RoleChangeEntry } from '../../src/contract/onboarding.js';
import { parseRoleChange } from '../../src/contract/role-change.js';
import { RoleChangeLog, type RoleChangeState } from '../../src/contract/role-change-log.js';

/** How one role change supersedes another. `audit.test.ts` applies the same rule to histories. */

function logFor(requestedRole: string, limit?: number) {
  const state: RoleChangeState = {
    requestedRole,
    isRolePending: true,
    roleBeingApplied: '',
    hasRoleChange: false,
    superseded: [],
    roleChanges: [],
  };
  const log = new RoleChangeLog(state, limit);
  const send = (...roles: string[]): void => {
    for (const role of roles) log.add(parseRoleChange(role, 'ann', ''));
  };
  const shown = (): string[] => state.roleChanges.map(({ role, state: of }: RoleChangeEntry) => `${role} ${of}`);
  return { state, log, send, shown };
}

describe('a role change', () => {
  it('before the first step supersedes the requested role', () => {
    const { state, log, send, shown } = logFor('User');
    send('RoomAdmin');
    expect(log.startApplying()).toBe('RoomAdmin');
    log.confirm('now', 'User');
    expect({ superseded: state.superseded, shown: shown() }).toEqual({
      superseded: ['User'],
      shown: ['RoomAdmin applied'],
    });
  });

  it('during a step is applied next', () => {
    const { state, log, send, shown } = logFor('User');
    log.startApplying();
    send('RoomAdmin');
    log.confirm('now', 'User');
    expect({ isRolePending: state.isRolePending, shown: shown() }).toEqual({
      isRolePending: true,
      shown: ['RoomAdmin waiting'],
    });
  });

  it('that repeats the one being applied is applied with it', () => {
    const { state, log, send, shown } = logFor('User');
    send('RoomAdmin');
    log.startApplying();
    send('Manager');
    log.confirm('now', 'User');
    expect({ isRolePending: state.isRolePending, shown: shown() }).toEqual({
      isRolePending: false,
      shown: ['RoomAdmin applied', 'Manager applied'],
    });
  });

  it('to the role that onboard is applying is applied after it', () => {
    const { state, log, send } = logFor('User');
    log.startApplying();
    send('User');
    log.confirm('now', 'RoomAdmin');
    expect(state).toMatchObject({ isRolePending: true, hasRoleChange: true, superseded: [] });
  });

  it('supersedes a failed one', () => {
    const { state, log, send, shown } = logFor('User');
    send('RoomAdmin');
    log.startApplying();
    send('Guest');
    expect(log.fail()).toBe(true);
    expect({ superseded: state.superseded, shown: shown() }).toEqual({
      superseded: ['User', 'RoomAdmin'],
      shown: ['RoomAdmin superseded', 'Guest waiting'],
    });
  });

  it('that failed is pending again without a later one', () => {
    const { log, send, shown } = logFor('User');
    send('RoomAdmin');
    log.startApplying();
    expect(log.fail()).toBe(false);
    expect(shown()).toEqual(['RoomAdmin waiting']);
    expect(log.startApplying()).toBe('RoomAdmin');
  });

  it('that names no role changes nothing', () => {
    const { state, send, shown } = logFor('User');
    send('Emperor');
    expect({ ...state, roleChanges: shown() }).toMatchObject({
      requestedRole: 'User',
      hasRoleChange: false,
      roleChanges: ['Emperor refused'],
    });
  });

  it('is dropped from the list after as many others as the limit', () => {
    const { send, shown } = logFor('User', 2);
    send('Guest', 'RoomAdmin', 'DocSpaceAdmin');
    expect(shown()).toEqual(['RoomAdmin superseded', 'DocSpaceAdmin waiting']);
  });
});

describe('the role of an import', () => {
  it.each([
    ['raises a lower one', 'User', 'RoomAdmin', false, 'RoomAdmin'],
    ['keeps a higher one', 'RoomAdmin', 'User', false, 'RoomAdmin'],
    ['lowers a higher one with allowDemotion', 'RoomAdmin', 'User', true, 'User'],
    ['is requested if none was', '', 'User', false, 'User'],
  ])('%s', (_, requested, role, allowDemotion, expected) => {
    const { state, log } = logFor(requested);
    log.requestAtLeast(role, allowDemotion);
    expect(state).toMatchObject({ requestedRole: expected, isRolePending: true, hasRoleChange: allowDemotion });
  });
});
