import { cases } from './cases.js';
import { groupCalls, groupCases, groupEvents, handedOver } from './group-cases.js';
import { disturbances, statementCases } from './statements.js';

/** `docs/faults.md`, written from the cases that the tests run. */
export function page(): string {
  return [
    '# Faults, and how an onboarding ends',
    '',
    ...findings,
    '',
    '## The calls of the steps',
    '',
    'Each row runs through the real client over a real socket, and a workflow on a real Temporal server. "Carried out" means that',
    'the portal did the work, but the caller got no answer. Every row ends with one account with the requested role. The rows of',
    '"join groups" and "enter rooms" also end with the person in the group, and in the room with the requested access. Those of',
    '"create group" also end with one group of the requested name.',
    '',
    '| step | fault | needs attention first |',
    '|---|---|---|',
    ...cases.map(({ step, fault, attention }) => `| ${step} | ${fault} | ${attention ? `\`${attention}\`` : 'no'} |`),
    '',
    '## The calls for a group',
    '',
    'An import looks up, reads back and raises its people in groups. In every row five people are imported, the fault meets one',
    'call, and each person ends with one account and the requested role. A second import then writes nothing.',
    '',
    '| call | fault | needs attention first |',
    '|---|---|---|',
    ...groupCases.map(
      ({ call, fault, attention }) => `| ${call} | ${fault} | ${attention ? `\`${attention}\`` : 'no'} |`,
    ),
    ...Object.values(groupEvents).map(({ call, event }) => `| ${call} | ${event} | no |`),
    ...Object.keys(groupCalls).map((call) => `| ${call} | ${handedOver} | no |`),
    '',
    '## One SQL statement',
    '',
    'A create runs `account`, `password`, `mail` and `group`, in this order and without a transaction. A role write runs `commit`, and',
    'for a DocSpaceAdmin also `second-group`. In every row there is one account, the outcome matches the database once all delayed',
    'statements have run, and an account without its activation mail is reported as `pending`.',
    '',
    '| statement | disturbed | roles |',
    '|---|---|---|',
    ...statementRows(),
    '',
  ].join('\n');
}

function statementRows(): string[] {
  const rows = new Map<string, string[]>();
  for (const { statement, disturbed, role } of statementCases) {
    const row = `| \`${statement}\` | ${disturbances[disturbed].text} |`;
    rows.set(row, [...(rows.get(row) ?? []), role]);
  }
  return Array.from(rows, ([row, roles]) => `${row} ${roles.join(', ')} |`);
}

const findings = [
  '1. The vendor’s own People server (DocSpace 3.7.2) was built from its public source, and run on MariaDB 10.11. It was tested with aborted',
  '   clients, kills and stalls of server and database, races, and a proxy that drops or holds exactly one SQL statement.',
  '2. A create is four statements without a transaction: account, password, mail link, role. If it dies between them, the account',
  '   stays incomplete: it shows as RoomAdmin whatever was requested, and can lack its password and its mail.',
  '3. A role that is read back can be false for 20 minutes, because a write whose answer was lost leaves a stale cache. Before it',
  '   knew this, the program reported RoomAdmin for accounts that ended as Users, in 10 of 10 runs at five stages.',
  '4. So after an unclear create the role is always written again: a job lowers it, which clears the cache, and then it is',
  '   raised after the settle window. 203 runs on that server ended right with this rule; without any part of it, some did not.',
  '5. A 5xx proves nothing: the portal had done nothing, half or all of the work, or did it later. An abandoned create ends by itself within',
  '   30 s for a lock and 30 s for each statement, so the settle window of 90 s covers it, and every sign of a stall restarts it.',
  '6. One case remains: a create whose one database connection stalls for longer than the window while the database answers others.',
  '   It was forced on that server with a stall of 100 s: two accounts. `doctor --duplicates` finds them, and deletes nothing.',
  '7. A second case follows from finding 3, but was never seen: only the answer to the commit of a role write is lost, and a lower',
  '   role is requested within the window. The stale cache can then hide the higher role for 20 minutes.',
  '8. Creates of one class (User and Guest) never made two accounts in 270 races on one server process, or on several with Redis.',
  '   Several without Redis did in 2.5 to 15 % of the races; a User beside a RoomAdmin did in 21 %, so one person has one class.',
  '9. One demotion job in a hundred fails because of a race in the server ("Publication not found."), so a failed job is repeated.',
  '10. `npm run test:faults -- -u` writes this page from the cases of `test/faults/`; a test fails if the two differ.',
];
