import type { ConnectionLike } from '@temporalio/client';
import { attributeKeys, attributeTypeNames } from '../contract/search-attributes.js';
import { grpcErrorIn, lacksAttributes } from './grpc-errors.js';

type Server = Pick<ConnectionLike, 'workflowService' | 'operatorService'>;

/** The numbers of the types in Temporal's API. */
const typeNumbers = { KEYWORD: 2, KEYWORD_LIST: 7 } as const;

/**
 * Registers the search attributes that a namespace lacks. The server may take a moment to accept them.
 *
 * @returns the reason if the server does not allow it
 */
export async function registerSearchAttributes(server: Server, namespace: string): Promise<string | undefined> {
  try {
    if (await areRegistered(server, namespace)) return undefined;
    const searchAttributes = Object.fromEntries(attributeKeys.map(({ name, type }) => [name, typeNumbers[type]]));
    await server.operatorService.addSearchAttributes({ namespace, searchAttributes });
    return undefined;
  } catch (error) {
    const grpc = grpcErrorIn(error);
    if (!grpc) throw error;
    return grpc.details;
  }
}

/** A visibility query finds out. Unlike describing the namespace, it needs no operator's permission. */
async function areRegistered({ workflowService }: Server, namespace: string): Promise<boolean> {
  try {
    await workflowService.countWorkflowExecutions({
      namespace,
      query: attributeKeys.map(({ name }) => `${name} IS NULL`).join(' AND '),
    });
    return true;
  } catch (error) {
    if (lacksAttributes(error)) return false;
    throw error;
  }
}

/** Tells an operator how to register them. */
export function describeMissingAttributes(namespace: string, reason: string): string {
  return [
    `the namespace ${namespace} lacks search attributes, and they cannot be registered (${reason}).`,
    'Without them, lists do not distinguish people who are onboarded from those who are not yet.',
    `Register ${attributeKeys.map(({ name, type }) => `${name} (${attributeTypeNames[type]})`).join(', ')}`,
    `with \`temporal operator search-attribute create --namespace ${namespace} --name NAME --type TYPE\`.`,
  ].join(' ');
}
