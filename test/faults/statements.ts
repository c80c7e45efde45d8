import type { Fault, Statement } from '../../src/sandbox/faults/faults.js';
import type { Role } from '../../src/domain/roles.js';

/**
 * One SQL statement of one person is disturbed, as it was on the vendor's own server. A create runs `account`, `password`,
 * `mail` and `group`; `PUT /people/type` runs `commit`, and `second-group` for a DocSpaceAdmin.
 */
export interface StatementCase {
  statement: Statement;
  disturbed: Disturbance;
  role: Role;
}

/** How the sandbox disturbs a statement. A held one runs after the client has given up, and within the settle window. */
export const disturbances = {
  before: { text: 'is dropped', fault: {} },
  after: { text: 'is executed, and its answer is lost', fault: {} },
  hold: { text: 'is held until the client has given up', fault: { milliseconds: 1_000 } },
  timeout: { text: 'is held until the server has given up, too', fault: { milliseconds: 1_200 } },
} as const;

type Disturbance = keyof typeof disturbances;

/** The roles whose onboarding reaches the statement. A Guest gets no mail. */
const reachedBy: Record<Exclude<Statement, 'member' | 'share'>, readonly Role[]> = {
  account: ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'],
  password: ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'],
  mail: ['User', 'RoomAdmin', 'DocSpaceAdmin'],
  group: ['Guest', 'User', 'RoomAdmin', 'DocSpaceAdmin'],
  commit: ['RoomAdmin', 'DocSpaceAdmin'],
  'second-group': ['DocSpaceAdmin'],
};

export const statementCases: StatementCase[] = Object.entries(reachedBy).flatMap(([statement, roles]) =>
  (Object.keys(disturbances) as Disturbance[]).flatMap((disturbed) =>
    roles.map((role) => ({ statement: statement as Statement, disturbed, role })),
  ),
);

export function faultOf({ statement, disturbed }: StatementCase, about: string): Fault {
  const { fault } = disturbances[disturbed];
  return { route: '*', about, times: 1, does: { kind: 'statement', statement, disturbed, ...fault } };
}
