import { newEmployee, type Employee } from './employee.js';
import { fullProfile, type View } from './profile.js';

/** For an unknown id, `PUT /people/type/{type}` answers 200 with a profile of this Guest (docspace-api.md §3.3). */
export const lostUser: Employee = {
  ...newEmployee({ firstName: 'Unknown', lastName: 'Unknown', email: '', notes: '' }),
  id: '4a515a15-d4d6-4b8e-828e-e0586f18f3a3',
  groups: ['Guest'],
  activationStatus: 0,
};

/** It has no e-mail, no user name and no flag. */
export function lostProfile(view: View): Record<string, unknown> {
  const { email: _email, userName: _userName, ...profile } = fullProfile(lostUser, view);
  return {
    ...profile,
    isVisitor: false,
    displayName: 'profile removed',
    profileUrl: `${view.origin}/accounts/people/filter`,
  };
}
