import type { SearchAttributePair } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { describeMissingAttributes, registerSearchAttributes } from '../temporal/register-search-attributes.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import { pollIntervalMs } from './workers.js';
import type { Session } from './session.js';

/** How long a server may take to learn a search attribute that was just added. */
const registrationTimeoutMs = 5_000;

/** Sessions whose namespace cannot get the search attributes. The user is warned once, and nothing is tried again. */
const sessionsWithoutAttributes = new WeakSet<Session>();

/** Starts a workflow with search attributes. Adds those that the namespace lacks; if it cannot, starts without any. */
export async function withSearchAttributes<Result>(
  session: Session,
  attributes: SearchAttributePair[],
  start: (attributes: SearchAttributePair[]) => Promise<Result>,
): Promise<Result> {
  if (sessionsWithoutAttributes.has(session)) return start([]);
  const { client, namespace } = session;
  const giveUpAt = Date.now() + registrationTimeoutMs;
  let reason: string | undefined;
  for (let registered = false; reason === undefined; registered = true) {
    try {
      return await start(attributes);
    } catch (error) {
      const refusal = attributeRefusal(error);
      if (refusal === undefined) throw error;
      if (!registered) reason = await registerSearchAttributes(client.connection, namespace);
      else if (Date.now() > giveUpAt) reason = refusal;
      else await delay(pollIntervalMs);
    }
  }
  sessionsWithoutAttributes.add(session);
  session.notify(`warning: ${describeMissingAttributes(namespace, reason)}`);
  return start([]);
}

function attributeRefusal(error: unknown): string | undefined {
  const grpc = grpcErrorIn(error);
  return grpc?.code === grpcCodes.invalidArgument && /search attribute/i.test(grpc.details) ? grpc.details : undefined;
}
