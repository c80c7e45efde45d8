import type { HttpBindings } from '@hono/node-server';
import type { Call } from '../faults/call.js';
import type { Deferred } from '../faults/deferred.js';
import type { Settings } from '../settings.js';
import type { Departments } from './departments.js';
import type { Employee } from './employee.js';
import type { ApiKey, ApiKeys } from './api-keys.js';
import type { Locks } from './locks.js';
import type { Mails } from './mails.js';
import type { People } from './people.js';
import type { Rooms } from './rooms.js';
import type { Writers } from './writers.js';

export type Env = { Bindings: HttpBindings; Variables: { call: Call; caller: Employee; key: ApiKey } };

export interface PortalOptions {
  /** Paid seats, including the owner's. Without it there is no limit. */
  seats?: number | undefined;
  /** Active rooms. Without it there is no limit. */
  rooms?: number | undefined;
  /** Applies `PUT /people/{id} {role}` as the documentation page describes. No real portal does. */
  documentedRole?: boolean | undefined;
}

/** What the routes share. */
export interface Portal {
  people: People;
  keys: ApiKeys;
  departments: Departments;
  rooms: Rooms;
  mails: Mails;
  locks: Locks;
  writers: Writers;
  settings: Settings;
  deferred: Deferred;
  options: PortalOptions;
}
