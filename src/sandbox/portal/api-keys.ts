import { randomBytes, randomUUID } from 'node:crypto';

export interface ApiKey {
  id: string;
  name: string;
  secret: string;
  holderId: string;
  /** Empty or `*` for everything. */
  permissions: readonly string[];
  createdOn: string;
}

/** The prefix of every sandbox key, so a program can distinguish it from a real portal's key, which is random. */
const sandboxKeyPrefix = '5a4db0c5';

export function newSecret(): string {
  return `sk-${sandboxKeyPrefix}${randomBytes(28).toString('hex')}`;
}

/** The keys of the portal. Keys created by a call are lost on a restart. */
export class ApiKeys {
  private readonly bySecret = new Map<string, ApiKey>();

  add(key: Pick<ApiKey, 'name' | 'holderId' | 'permissions'>, secret = newSecret()): ApiKey {
    const added = { id: randomUUID(), secret, createdOn: new Date().toISOString(), ...key };
    this.bySecret.set(secret, added);
    return added;
  }

  /** The key of an `Authorization` header. */
  of(authorization = ''): ApiKey | undefined {
    return this.bySecret.get(/^Bearer (sk-[0-9a-f]{64})$/.exec(authorization)?.[1] ?? '');
  }
}

const peoplePath = /^\/people(\/|$)/;

/** Whether a key's permissions allow a call. For some calls the portal does not check them (docspace-api.md §4). */
export function isInScope({ permissions }: ApiKey, method: string, path: string): boolean {
  if (permissions.length === 0 || permissions.includes('*') || permissions.includes('*:write')) return true;
  const isRead = method === 'GET';
  if (isRead && path === '/keys/@self') return true;
  if (isRead && permissions.includes('*:read')) return true;
  const holds = (...names: string[]): boolean => names.some((name) => permissions.includes(name));
  if (path === '/people/@self') return holds('accounts.self:read', 'accounts.self:write');
  if (peoplePath.test(path)) {
    const isUnchecked = isRead ? /^\/people\/(?!(?:email|filter)$)[^/]+$/.test(path) : path === '/people';
    return isUnchecked || holds('accounts:write') || (isRead && holds('accounts:read'));
  }
  if (path.startsWith('/group')) return holds(isRead ? 'accounts:read' : 'accounts:write');
  if (path.startsWith('/files/rooms')) return holds('rooms:write') || (isRead && holds('rooms:read'));
  return false;
}
