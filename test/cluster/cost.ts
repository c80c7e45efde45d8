import { readdirSync, readFileSync } from 'node:fs';
import type { Cluster } from './cluster.js';

/** The resources used so far. */
export interface Cost {
  at: number;
  /** Milliseconds of CPU. */
  server: number;
  database: number;
  workers: number;
  /** Bytes in the two databases, and their transactions. */
  bytes: number;
  transactions: number;
}

export async function costSoFar({ pids, postgresql }: Cluster): Promise<Cost> {
  const sums = `SELECT sum(pg_database_size(datname)), sum(xact_commit) FROM pg_stat_database WHERE datname LIKE 'temporal%'`;
  const [bytes = NaN, transactions = NaN] = (await postgresql.query('postgres', sums)).split('|').map(Number);
  const { server, database, workers } = pids;
  const ofWorkers = workers.reduce((sum, pid) => sum + cpuOf(pid), 0);
  return { at: Date.now(), server: cpuOf(server), database: cpuOf(database), workers: ofWorkers, bytes, transactions };
}

/** The cost per person. */
export function costPerPerson(before: Cost, after: Cost, people: number): Record<string, number> {
  const each = (name: keyof Cost): number => round((after[name] - before[name]) / people);
  return {
    people,
    'people/s': round((people * 1_000) / (after.at - before.at)),
    'server ms': each('server'),
    'database ms': each('database'),
    'worker ms': each('workers'),
    'database bytes': Math.round(each('bytes')),
    transactions: each('transactions'),
  };
}

const round = (value: number): number => Number(value.toPrecision(3));

const tick = 10;

/** The CPU time of a process and its children, including children that have ended. */
function cpuOf(pid: number): number {
  const own = statOf(pid);
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(Number(name)).parent === pid)
    .map((name) => statOf(Number(name)).ticks);
  return (own.ticks + own.ofEnded + children.reduce((sum, ticks) => sum + ticks, 0)) * tick;
}

function statOf(pid: number): { parent: number; ticks: number; ofEnded: number } {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ').map(Number) ?? [];
    const [, parent = 0] = fields;
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11);
    return { parent, ticks: user + system, ofEnded: endedUser + endedSystem };
  } catch {
    return { parent: 0, ticks: 0, ofEnded: 0 }; // the process has ended
  }
}
