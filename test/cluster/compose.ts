import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

interface Service {
  command?: string[];
  environment: Record<string, string | number>;
}

const file = fileURLToPath(new URL('../../docker-compose.yml', import.meta.url));
const { services } = parse(readFileSync(file, 'utf8'), { merge: true }) as { services: Record<string, Service> };

/** The environment that docker compose gives a service, with `given` as the contents of `.env`. */
export function environmentOf(name: string, given: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service(name).environment).map(([variable, value]) => [
      variable,
      interpolated(String(value), given),
    ]),
  );
}

/** The script that a service runs. */
export function scriptOf(name: string): string {
  const script = service(name).command?.at(-1);
  if (script === undefined) throw new Error(`${name} runs no script`);
  return script.replaceAll('$$', '$');
}

function service(name: string): Service {
  const found = services[name];
  if (!found) throw new Error(`docker-compose.yml has no ${name}`);
  return found;
}

function interpolated(value: string, given: Record<string, string>): string {
  return value.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, kind: string, rest: string) => {
    const set = given[name];
    if (set) return set;
    if (kind === '?') throw new Error(`${name}: ${rest}`);
    return rest;
  });
}
