import { setTimeout as delay } from 'node:timers/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { applyFault, resetConnection, type Answer } from './faults/apply-fault.js';
import { Call, type Subject } from './faults/call.js';
import type { Deferred } from './faults/deferred.js';
import type { Faults } from './faults/faults.js';
import type { Ledger } from './faults/ledger.js';
import type { Limits } from './limits.js';
import { emptyResponse } from './portal/envelope.js';
import type { Env, Portal } from './portal/env.js';
import { apiPrefix } from './portal/portal-api.js';

/** What the middleware in front of the portal's API needs. */
export interface SandboxParts {
  portal: Portal;
  limits: Limits;
  ledger: Ledger;
  faults: Faults;
  deferred: Deferred;
  /** Takes the portal down for this many milliseconds. */
  simulateOutage: (milliseconds: number) => void;
}

/** Marks every answer as the sandbox's, and refuses a request line of more than 8 KB, as any proxy does. */
export const markAnswers: MiddlewareHandler<Env> = async (context, next) => {
  const { incoming, outgoing } = context.env;
  outgoing.setHeader('x-docspace-sandbox', '1');
  outgoing.setHeader('server-timing', 'total;dur=1');
  if (`${incoming.method} ${incoming.url} HTTP/1.1\r\n`.length > 8_192) return emptyResponse(context, 414);
  return next();
};

/** Identifies the caller, and the subject of the call. */
export function identifyCall({ portal, ledger, faults, deferred }: SandboxParts): MiddlewareHandler<Env> {
  return async (context, next) => {
    context.set('portal', portal);
    const { outgoing } = context.env;
    const key = portal.keys.of(context.req.header('authorization'));
    const holder = portal.people.byId(key?.holderId ?? '');
    if (key && holder && holder.status !== 2) {
      context.set('key', key);
      context.set('caller', holder);
    }
    const reset = (): void => resetConnection(outgoing);
    context.set('call', new Call(await subjectOf(context), { ledger, faults, deferred, resetConnection: reset }));
    return next();
  };
}

/** The first person or group that a body names. */
const subjectInBody = /"(?:email|id|userIds?|groupName|members(?:ToAdd|ToRemove)?)"\s*:\s*(?:\[\s*)?"([^"]*)"/i;

async function subjectOf(context: Context<Env>): Promise<Subject> {
  const { method, path } = context.req;
  const matched = matchedRoutes(context).find((route) => !route.path.endsWith('*'))?.path ?? path;
  const template = matched.slice(apiPrefix.length).replaceAll(/:(\w+)/g, '{$1}');
  const inBody = subjectInBody.exec(await context.req.text())?.[1];
  const inQuery = context.req.query(template.endsWith('/share') ? 'filterValue' : 'email');
  const inPath = template.endsWith('}') ? path.slice(path.lastIndexOf('/') + 1) : '';
  return { route: `${method} ${template}`, about: inQuery ?? inBody ?? inPath };
}

/** The limiter runs after authentication, so a 429 can be late. */
export function limitCalls({ limits }: SandboxParts): MiddlewareHandler<Env> {
  return async (context, next) => {
    const { call, caller } = context.var;
    const { incoming, outgoing } = context.env;
    const admitted = limits.admit(caller?.id ?? incoming.socket.remoteAddress ?? '', call.route);
    if (typeof admitted === 'function') {
      outgoing.once('close', admitted);
      return next();
    }
    call.record('received');
    call.record('answered', 429);
    return context.body(null, 429, admitted.headers);
  };
}

/** Applies wire faults to the call, before and after the portal carries it out. */
export function meetFaults({ portal, deferred, simulateOutage }: SandboxParts): MiddlewareHandler<Env> {
  const { people, settings } = portal;

  return async (context, next) => {
    const { call } = context.var;
    const { outgoing } = context.env;
    const carryOut = async (): Promise<void> => {
      if (settings.latency > 0) await delay(settings.latency / 2);
      await next();
      if (context.res.status === 200) call.succeeded();
      if (settings.latency > 0) await delay(settings.latency / 2);
    };
    const before = call.takeWireFault('before');
    call.record('received');
    if (before?.kind === 'late') {
      call.reset();
      call.record('lost');
      deferred.run({ calls: before.commitAfter }, carryOut);
      return RESPONSE_ALREADY_SENT;
    }
    const target = { call, response: outgoing, people, deferred, simulateOutage };
    let outcome = before ? await applyFault(before, { ...target, answer: undefined }) : 'continue';
    if (outcome === 'continue') {
      await carryOut();
      const after = call.takeWireFault('after');
      if (after && after.kind !== 'late') outcome = await applyFault(after, { ...target, answer: await read(context) });
    }
    await call.passed();
    if (outcome === 'lost' || call.isReset || outgoing.destroyed) {
      call.record('lost');
    } else if (outcome === 'continue') {
      call.record('answered', context.res.status);
      return undefined;
    } else {
      call.record('answered', outcome.status);
      outgoing.writeHead(outcome.status, outcome.headers).end(outcome.body);
    }
    // If the response were replaced directly, the new one would inherit its headers and be sent.
    context.res = undefined;
    context.res = RESPONSE_ALREADY_SENT;
    return undefined;
  };
}

async function read({ res }: Context<Env>): Promise<Answer> {
  return { status: res.status, headers: Object.fromEntries(res.headers), body: await res.clone().text() };
}
