import { newEmployee, type Employee } from './employee.js';
import { profileOf } from './profile.js';

/** The portal takes an unknown id in `PUT /people/type/{type}` for this Guest, and answers 200 with it (docspace-api.md §3.3). */
export const lostUser: Employee = {
  ...newEmployee({ firstName: 'Unknown', lastName: 'Unknown', email: '', notes: '' }),
  id: '4a515a15-d4d6-4b8e-828e-e0586f18f3a3',
  groups: ['Guest'],
};

/** Its profile has no e-mail, no user name and no flag. */
export function lostProfile(): Record<string, unknown> {
  const { email: _email, userName: _userName, ...profile } = profileOf(lostUser, undefined);
  return {
    ...profile,
    activationStatus: 0,
    isVisitor: false,
    displayName: 'profile removed',
    profileUrl: '/accounts/people/filter',
  };
}
