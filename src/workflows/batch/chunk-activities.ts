import { createActivityProxies } from '../steps/activity-options.js';

/** After twenty attempts, about a quarter of an hour, the chunk pauses and shows why. A portal may refuse calls all day. */
export const { createUser, getUsers, updateUserRoles, findPlaces, addToPlaces } = createActivityProxies({
  giveUpAfter: '48h',
  maximumAttempts: 20,
});
