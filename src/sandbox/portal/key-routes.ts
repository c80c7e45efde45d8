import { Hono } from 'hono';
import type { ApiKey } from './api-keys.js';
import { typeOf } from './employee.js';
import { originOf, success } from './envelope.js';
import type { Env, Portal } from './env.js';
import { ApiError } from './errors.js';
import { shortProfile } from './profile.js';
import { readBody } from './requests.js';

const accountPermissions = ['accounts:read', 'accounts:write', 'accounts.self:read', 'accounts.self:write'];
const permissions = [
  '*',
  '*:read',
  '*:write',
  ...accountPermissions,
  'rooms:read',
  'rooms:write',
  'files:read',
  'files:write',
];

/** `/keys` (docspace-api.md §4). Any key may read its own permissions. */
export function keyRoutes({ people, keys }: Portal): Hono<Env> {
  const routes = new Hono<Env>();

  const show = (key: ApiKey, origin: string, secret: string): object => ({
    id: key.id,
    name: key.name,
    key: secret,
    keyPostfix: key.secret.slice(-4),
    permissions: key.permissions.filter((permission) => permission !== '*'),
    lastUsed: new Date().toISOString(),
    createOn: key.createdOn,
    createBy: shortProfile(people.byId(key.holderId)!, origin),
    isActive: true,
  });

  routes.get('/keys/@self', (context) => {
    const { key } = context.var;
    return success(context, show(key, originOf(context), `sk-***${key.secret.slice(-4)}`));
  });

  routes.get('/keys/permissions', (context) => success(context, permissions));

  routes.post('/keys', async (context) => {
    const { caller } = context.var;
    const { name, permissions: wanted = [] } = await readBody(context, 'newKey');
    if (typeOf(caller) === 'Guest') throw new ApiError(403, 'Access denied', 'System.UnauthorizedAccessException');
    if (wanted.some((permission) => !permissions.includes(permission))) {
      throw new ApiError(400, 'Permissions are not valid.');
    }
    const key = keys.add({ name, holderId: caller.id, permissions: wanted });
    return success(context, show(key, originOf(context), key.secret));
  });

  return routes;
}
