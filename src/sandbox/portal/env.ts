import type { Context } from 'hono';
import type { Call } from '../faults/call.js';
import type { Deferred } from '../faults/deferred.js';
import type { Settings } from '../settings.js';
import type { Employee } from './employee.js';
import type { Locks } from './locks.js';
import type { Mails } from './mails.js';
import type { People } from './people.js';

export type Env = { Bindings: { call: Call }; Variables: { caller: Employee } };

export interface PortalOptions {
  /** Paid seats, the owner's included; without it there is no limit. */
  seats?: number | undefined;
  /** Applies `PUT /people/{id} {role}` as the documentation page claims. No real portal does. */
  documentedRole?: boolean | undefined;
}

/** What the routes share. */
export interface Portal {
  people: People;
  mails: Mails;
  locks: Locks;
  settings: Settings;
  deferred: Deferred;
  options: PortalOptions;
}

/** Changes a row, unless a fault keeps the call from it. */
export function update(
  { env: { call } }: Context<Env>,
  { people }: Portal,
  ...change: Parameters<People['update']>
): void {
  call.commit(() => people.update(...change));
}
