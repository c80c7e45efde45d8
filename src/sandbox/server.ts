import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { controlApi } from './faults/control-api.js';
import { Deferred } from './faults/deferred.js';
import { faultList, Faults, type Fault } from './faults/faults.js';
import { Ledger } from './faults/ledger.js';
import { Limits, type LimitsGiven } from './limits.js';
import { identifyCall, limitCalls, markAnswers, meetFaults, type SandboxParts } from './middleware.js';
import { page } from './page.js';
import { ApiKeys } from './portal/api-keys.js';
import { DataFile } from './portal/data-file.js';
import { Departments } from './portal/departments.js';
import { emptyResponse } from './portal/envelope.js';
import type { Env, Portal, PortalOptions, Settings } from './portal/env.js';
import { Locks } from './portal/locks.js';
import { Mails } from './portal/mails.js';
import { People } from './portal/people.js';
import { apiPrefix, portalApi } from './portal/portal-api.js';
import { Rooms } from './portal/rooms.js';
import { keyHolders, type Keys } from './portal/seed.js';
import { Writers } from './portal/writers.js';

export interface SandboxOptions extends PortalOptions, Partial<Settings> {
  /** 0 for any free port. */
  port: number;
  /** A file that stores people, groups and rooms. Without it they are in memory. */
  data?: string | undefined;
  /** Limits the calls of each person, with the portal's own numbers unless others are given. */
  limits?: boolean | LimitsGiven | undefined;
  /** Opens the control route under `/sandbox`. A list of faults applies from the start. */
  faults?: boolean | readonly Fault[] | undefined;
}

export interface Sandbox {
  url: string;
  keys: Keys;
  close(): Promise<void>;
}

/**
 * Starts a double of a DocSpace portal that listens on loopback only.
 *
 * @throws the system's error with code `EADDRINUSE` if the port is taken
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const portal = openPortal(options);
  const { people } = portal;
  const faults = new Faults((one, other) => people.isSamePerson(one, other));
  if (typeof options.faults === 'object') faults.set(faultList.parse(options.faults));
  const limits = new Limits(options.limits === true ? {} : options.limits || undefined);
  const { deferred } = portal;
  const parts = { portal, limits, ledger: new Ledger(), faults, deferred, simulateOutage };

  const server = createAdaptorServer({ fetch: application(parts, options.faults !== undefined).fetch });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function simulateOutage(milliseconds: number): void {
    stop();
    setTimeout(() => server.listen(port, '127.0.0.1'), milliseconds);
  }

  function stop(onClosed?: () => void): void {
    server.close(onClosed);
    if ('closeAllConnections' in server) server.closeAllConnections();
  }

  return {
    url: `http://127.0.0.1:${port}`,
    keys: people.keyRing.keys,
    close: () =>
      new Promise((closed) => {
        stop(closed);
        portal.close();
      }),
  };
}

function openPortal({ data, seats, rooms, documentedRole, ...given }: SandboxOptions): Portal & { close(): void } {
  const { language = 'en', keepsNotes = true, latency = 0, roleMoment = 10 } = given;
  const file = data === undefined ? undefined : new DataFile(data);
  const people = new People(file);
  const keys = new ApiKeys();
  for (const holder of keyHolders) {
    const { keys: secrets, holders } = people.keyRing;
    keys.add({ name: `sandbox ${holder}`, holderId: holders[holder], permissions: [] }, secrets[holder]);
  }
  return {
    people,
    keys,
    departments: new Departments(file),
    rooms: new Rooms(file),
    mails: new Mails(),
    locks: new Locks(),
    writers: new Writers(),
    deferred: new Deferred(),
    settings: { language, keepsNotes, latency, roleMoment },
    options: { seats, rooms, documentedRole },
    close: () => file?.close(),
  };
}

/** The portal also accepts a path with a slash at its end. */
function application(parts: SandboxParts, hasControlRoute: boolean): Hono<Env> {
  const app = new Hono<Env>({ strict: false });
  app.use(markAnswers);
  app.get('/', (context) => context.html(page(parts.portal)));
  app.use(`${apiPrefix}/*`, identifyCall(parts), limitCalls(parts), meetFaults(parts));
  app.route(apiPrefix, portalApi(parts.portal));
  if (hasControlRoute) app.route('/sandbox', controlApi(parts));

  app.notFound((context) => {
    const allowed = ['GET', 'POST', 'PUT', 'DELETE'].filter((method) =>
      app.router.match(method, context.req.path)[0].some(([[, route]]) => route.method === method),
    );
    if (allowed.length === 0) return emptyResponse(context, 404);
    context.header('allow', allowed.join(', '));
    return emptyResponse(context, 405);
  });
  return app;
}
