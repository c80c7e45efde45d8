import type { ConnectionLike } from '@temporalio/client';
import { grpcErrorIn, lacksAttributes } from './grpc-errors.js';
import { attributeKeys } from '../contract/search-attributes.js';

type Server = Pick<ConnectionLike, 'workflowService' | 'operatorService'>;

/** What a server calls the type KEYWORD. */
const keyword = 2;

const names = attributeKeys.map(({ name }) => name);

/**
 * Makes the search attributes that a namespace lacks. A server may take a moment until it knows them.
 *
 * @returns why not, where the server does not let this client
 */
export async function registerSearchAttributes(server: Server, namespace: string): Promise<string | undefined> {
  try {
    if (await areKnown(server, namespace)) return undefined;
    const searchAttributes = Object.fromEntries(names.map((name) => [name, keyword]));
    await server.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return undefined;
  } catch (error) {
    const grpc = grpcErrorIn(error);
    if (!grpc) throw error;
    return grpc.details;
  }
}

/** Asked by a query of the list: unlike a look at the namespace, that needs no right of an operator. */
async function areKnown({ workflowService }: Server, namespace: string): Promise<boolean> {
  try {
    await workflowService.countWorkflowExecutions({ namespace, query: names.map(isNull).join(' AND ') });
    return true;
  } catch (error) {
    if (lacksAttributes(error)) return false;
    throw error;
  }
}

const isNull = (name: string): string => `${name} IS NULL`;

/** What it means that they are missing, and how somebody with the right to mends it. */
export function attributesMissing(namespace: string, why: string): string {
  return [
    `the namespace ${namespace} lacks search attributes, and they cannot be added (${why});`,
    'lists do not tell the onboarded from those at work. Have them added: temporal operator search-attribute create',
    `--namespace ${namespace} --type Keyword --name NAME, for each of ${names.join(', ')}`,
  ].join(' ');
}
