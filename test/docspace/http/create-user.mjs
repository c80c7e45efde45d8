// Creates a user as a process of its own, because Node reads NODE_EXTRA_CA_CERTS only when it starts.
//   node create-user.mjs ORIGIN [PROXY]
import { Portal } from '../../../dist/docspace/portal.js';

const [origin, proxy] = process.argv.slice(2);
const portal = new Portal(origin, 'sk-canary', { proxy });
const user = { firstName: 'A', lastName: 'B', email: 'john.doe@example.com', type: 'User', comment: '' };
const connected = [];
const profile = await portal.createUser(user, { mayWrite: () => connected.push('connected') });
const { id } = await portal.getUser(profile.id);
process.stdout.write(JSON.stringify({ id, connected }));
portal.close();
