import type { SearchAttributePair } from '@temporalio/common';
import { setTimeout as delay } from 'node:timers/promises';
import { attributesMissing, registerSearchAttributes } from '../temporal/register-search-attributes.js';
import { grpcCodes, grpcErrorIn } from '../temporal/grpc-errors.js';
import { info } from '../terminal/print.js';
import { pollIntervalMs } from './workers.js';
import type { Session } from './session.js';

/** How long a server may take to know what it was given, in milliseconds. */
const patience = 5_000;

/** Sessions whose namespace cannot be given the search attributes: said once, and not tried again. */
const lacking = new WeakSet<Session>();

/** Starts with search attributes; has them made where the namespace lacks one, and starts without where that cannot be. */
export async function withSearchAttributes<Result>(
  session: Session,
  attributes: SearchAttributePair[],
  start: (attributes: SearchAttributePair[]) => Promise<Result>,
): Promise<Result> {
  if (lacking.has(session)) return start([]);
  const { client, namespace } = session;
  const until = Date.now() + patience;
  let why: string | undefined;
  for (let asked = false; why === undefined; asked = true) {
    try {
      return await start(attributes);
    } catch (error) {
      const refusal = attributeRefusal(error);
      if (refusal === undefined) throw error;
      if (!asked) why = await registerSearchAttributes(client.connection, namespace);
      else if (Date.now() > until) why = refusal;
      else await delay(pollIntervalMs);
    }
  }
  lacking.add(session);
  info(`warning: ${attributesMissing(namespace, why)}`);
  return start([]);
}

function attributeRefusal(error: unknown): string | undefined {
  const grpc = grpcErrorIn(error);
  return grpc?.code === grpcCodes.invalidArgument && /search attribute/i.test(grpc.details) ? grpc.details : undefined;
}
