import { nameOf, type Case } from './cases.js';

/** What a case of the matrix came to. */
export interface Ending {
  /** From the kill until a command says that it is done. */
  milliseconds: number;
}

/** What a seed of chaos came to. */
export interface Chaos {
  seed: number;
  people: number;
  kills: number;
  /** Workers that were stopped for a while, or asked to end. */
  gentle: number;
  faults: number;
  lost: number;
  twice: number;
  milliseconds: number;
}

/** What every other test came to. */
export interface Further {
  name: string;
  milliseconds: number;
}

const head = `# What is killed, at which moment, and what comes of it

Written from the records of \`npm run test:crash\`, and anew by \`npm run test:crash -- -u\` where everything was run and passed;
the tests fail where the cases listed here are not those of \`test/crash/cases.ts\`.
Worker, Temporal server, starter and sandbox are real processes, and each case ends them with
\`kill -9\` at exactly this moment of this step: a relay between them and the server, or the sandbox, holds the message that
would come next. What was killed is started again at once, the starter with the same command. Every case ends with the one
account in the wanted role, one activation mail, one create in the portal's own ledger, and no decision of the run refused.

The last column is the time from the kill until a command says so, with the start of all processes (a starter takes about a
second), on two cores where other cases ran at the same time, and a settle window of one second.

`;

const chaosHead = `
## Chaos

A thousand onboardings and their role changes, while worker, server, sandbox and whoever asks are killed again and again and
every tenth call to the portal goes wrong. A seed decides who is asked for what, and what is killed when:
\`npm run test:crash -- --chaos --seed 1\`.

`;

const furtherHead = `
## What else is stopped, killed or full

The whole of each, with the start of all its processes.

`;

export interface Results {
  /** By the name of the case. */
  endings: ReadonlyMap<string, Ending>;
  chaos: readonly Chaos[];
  further: readonly Further[];
}

/** What `docs/crashes.md` says after a run. */
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
  return table(['step', 'moment', 'killed', 'ends', 'done after'], rows);
}

function chaosTable(chaos: readonly Chaos[]): string {
  const rows = chaos.map(({ seed, people, kills, gentle, faults, lost, twice, milliseconds }) =>
    [seed, people, kills, gentle, faults, lost, twice, seconds({ milliseconds })].map(String),
  );
  const stopped = 'workers stopped or asked to end';
  return table(['seed', 'onboardings', 'kill -9', stopped, 'faults', 'lost', 'twice', 'whole run'], rows);
}

function furtherTable(further: readonly Further[]): string {
  return table(
    ['what', 'took'],
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
