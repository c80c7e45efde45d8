import type { KeyHolder } from '../../src/sandbox/portal/seed.js';
import type { TestPortal } from '../support/portal.js';

export interface Shown {
  id: string;
  email: string;
  userName: string;
  displayName: string;
  status: number;
  [member: string]: unknown;
}

interface Asked {
  status: number;
  /** Whom a 200 shows. */
  people: Shown[];
  /** What an error says. */
  message: string | undefined;
  /** The members that a validation refused. */
  refused: string[] | undefined;
}

export const holders = ['owner', 'docSpaceAdmin', 'roomAdmin', 'user', 'guest'] as const;

export const denied = { status: 403, message: 'Access denied' };

/** A call with somebody's key. */
export async function ask(
  portal: TestPortal,
  route: string,
  given?: unknown,
  holder: KeyHolder = 'owner',
): Promise<Asked> {
  const [method = '', path = ''] = route.split(' ');
  const answer = await portal.raw(method, path, given, portal.keys[holder]);
  const text = await answer.text();
  const body = (text === '' ? {} : JSON.parse(text)) as {
    response?: Shown | Shown[] | { errors: object };
    error?: { message: string };
  };
  const { response, error } = body;
  return {
    status: answer.status,
    people: answer.status === 200 && response ? [response as Shown | Shown[]].flat() : [],
    message: error?.message,
    refused: typeof response === 'object' && 'errors' in response ? Object.keys(response.errors as object) : undefined,
  };
}

/** Whom a call shows. */
export async function shown(...call: Parameters<typeof ask>): Promise<Shown> {
  const { status, people, message } = await ask(...call);
  const [person] = people;
  if (!person) throw new Error(`${call[1]}: ${status} ${message}`);
  return person;
}

const flags = {
  isOwner: 'Owner',
  isAdmin: 'DocSpaceAdmin',
  isRoomAdmin: 'RoomAdmin',
  isCollaborator: 'User',
  isVisitor: 'Guest',
};

/** The type that the flags of a profile tell. Two flags would show as two types. */
export function typeIn(person: Shown | undefined): string {
  const told = Object.entries(flags).filter(([flag]) => person?.[flag] === true);
  return told.map(([, type]) => type).join(' and ');
}

let count = 0;

export function newcomer(given: Record<string, unknown> = {}): Record<string, unknown> & { email: string } {
  return { firstName: 'Jane', lastName: 'Roe', email: `jane${++count}@example.com`, ...given };
}

/** A new account of any type, as a read shows it. */
export async function add(portal: TestPortal, type: string): Promise<Shown> {
  return read(portal, await shown(portal, 'POST /people/active', newcomer({ type })));
}

export function read(portal: TestPortal, { id }: { id: string }): Promise<Shown> {
  return shown(portal, `GET /people/${id}`);
}

export function self(portal: TestPortal, holder: KeyHolder): Promise<Shown> {
  return shown(portal, 'GET /people/@self', undefined, holder);
}

export function userIds(...people: { id: string }[]): { userIds: string[] } {
  return { userIds: people.map(({ id }) => id) };
}

/** Disables and deletes somebody. */
export async function remove(portal: TestPortal, { id }: { id: string }): Promise<void> {
  await shown(portal, 'PUT /people/status/Terminated', { userIds: [id] });
  await shown(portal, `DELETE /people/${id}`);
}

/** An id that nobody has. */
export const nobody = '00000000-0000-4000-8000-000000000000';
