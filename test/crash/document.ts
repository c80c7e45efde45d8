import { nameOf, type Case } from './cases.js';

/** The result of a case of the matrix. */
export interface Ending {
  /** Milliseconds from the kill until a command reports success. */
  milliseconds: number;
}

/** The result of one seed of the chaos test. */
export interface Chaos {
  seed: number;
  people: number;
  kills: number;
  /** Workers that were suspended, or asked to stop. */
  gentle: number;
  faults: number;
  lost: number;
  twice: number;
  milliseconds: number;
}

/** The result of every other test. */
export interface Further {
  name: string;
  milliseconds: number;
}

const head = `# What happens after a crash

1. \`npm run test:crash\` ends real processes (worker, Temporal server, starter, sandbox) with \`kill -9\` at every moment of every step,
   starts them again, and checks the result. This page shows the results of the run that wrote it.
2. Every case ended with one account in the requested role, one activation mail, and one create in the portal's own ledger.
3. No workflow task failed, and no step was stuck.
4. In the chaos test, nobody was lost and nobody got two accounts.
5. An import of 1,000 people whose starter, worker and server were killed onboarded everybody once, each with a group and a room.
   The same file again wrote nothing.
6. A group of an import whose worker or server was killed halfway repeated no write that was known to be done.
7. A worker that was suspended and resumed wrote nothing after another one had taken over.
8. A stopping worker finished its calls, or cancelled them after its grace period, and exited 0. A rolling restart under load
   repeated no write.
9. A run that the server had forgotten left an account that the same command recognised as its own.
10. A server that was too old or had a full disk was named as the cause, and an oversized input was refused or failed. Nothing was
    half started or stuck.

A relay holds the gRPC message that would come next, or the sandbox holds its answer, so each kill happens at exactly the moment
that the table names. The last column is the time from the kill until a command reports success. It includes the start of all
processes (about a second for a starter), on two cores that ran other cases at the same time, with a settle window of one second.

\`npm run test:crash -- -u\` writes this page after a complete run in which everything passed. A test fails if the cases below
differ from \`test/crash/cases.ts\`.

## Every moment of every step

`;

const chaosHead = `
## Chaos

A thousand onboardings and their role changes, while worker, server, sandbox and the requesting process are killed again and again
and a call to the portal fails for every third person. A seed decides who requests what, and which process is killed when:
\`npm run test:crash -- --chaos --seed 1\`.

`;

const furtherHead = `
## Other tests

Each time is for the whole test, including the start of its processes.

`;

export interface Results {
  /** By the name of the case. */
  endings: ReadonlyMap<string, Ending>;
  chaos: readonly Chaos[];
  further: readonly Further[];
}

/** Writes the text of `docs/crashes.md` from the results of a run. */
export function document(cases: readonly Case[], { endings, chaos, further }: Results): string {
  return [head, casesTable(cases, endings), chaosHead, chaosTable(chaos), furtherHead, furtherTable(further)].join('');
}

export function casesTable(cases: readonly Case[], endings: Results['endings'] = new Map()): string {
  const rows = cases.map((each) => {
    const ending = endings.get(nameOf(each));
    return [
      each.step,
      each.moment.name,
      each.victim,
      'onboarded, open for role changes',
      ending ? seconds(ending) : '',
    ];
  });
  return table(['step', 'moment', 'killed', 'result', 'done after'], rows);
}

function chaosTable(chaos: readonly Chaos[]): string {
  const rows = chaos.map(({ seed, people, kills, gentle, faults, lost, twice, milliseconds }) =>
    [seed, people, kills, gentle, faults, lost, twice, seconds({ milliseconds })].map(String),
  );
  const stopped = 'workers suspended or stopped';
  return table(['seed', 'onboardings', 'kill -9', stopped, 'faults', 'lost', 'created twice', 'whole run'], rows);
}

function furtherTable(further: readonly Further[]): string {
  return table(
    ['test', 'time'],
    further.map((each) => [each.name, seconds(each)]),
  );
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [line(columns), `|${'---|'.repeat(columns.length)}\n`, ...rows.map(line)].join('');
}

function seconds({ milliseconds }: Ending): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}
