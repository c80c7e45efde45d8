import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { defaultTaskQueue } from '../../src/program/settings/starter-settings.js';
import { attributeKeys } from '../../src/contract/search-attributes.js';
import { emptyFolder } from '../support/starter.js';
import { toolPath } from '../support/tools.js';

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  environment?: Record<string, string | number>;
  ports?: string[];
  volumes?: string[];
  secrets?: string[];
  user?: string;
  profiles?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  tmpfs?: string[];
  pids_limit?: number;
  mem_limit?: string;
  logging?: { options: Record<string, string> };
  privileged?: boolean;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  restart?: string;
}

interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, unknown>;
}

const fileAt = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const text = readFileSync(fileAt('docker-compose.yml'), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

const conditions = (name: string) =>
  Object.fromEntries(Object.entries(service(name).depends_on ?? {}).map(([on, { condition }]) => [on, condition]));

/** The services that another waits for until they meet the condition. */
function waitedFor(wanted: string): string[] {
  const waits = services.flatMap(([name]) => Object.entries(conditions(name)));
  return [...new Set(waits.filter(([, condition]) => condition === wanted).map(([on]) => on))];
}

/** Whether an image is named by a version: `name:1.2`, with or without what it is based on, and its digest. */
const pinned = /^[a-z][a-z0-9/-]*:\d+\.\d+(?:\.\d+)?(?:-[a-z0-9-]+)?(?:@sha256:[\da-f]{64})?$/;

describe('images', () => {
  it('have a version, except the one that is built here', () => {
    const own = services.filter(([, { build }]) => build === '.');
    expect(own.map(([name, { image }]) => [name, image])).toEqual([
      ['worker', 'docspace-onboarding:local'],
      ['sandbox', 'docspace-onboarding:local'],
    ]);
    const others = services.filter(([, { build }]) => build === undefined);
    expect(others.filter(([, { image }]) => image === undefined || !pinned.test(image))).toEqual([]);
  });

  it('none is latest, none the retired one', () => {
    expect(text).not.toMatch(/latest|auto-setup/);
  });

  it('the server and its admin tools have the same release', () => {
    const release = service('temporal').image?.split(':')[1];
    expect(release).toBeDefined();
    for (const name of ['temporal-schema', 'temporal-namespace']) {
      expect(service(name).image).toBe(`temporalio/admin-tools:${release}`);
    }
  });
});

describe('ports', () => {
  it('only the server and its UI are reachable, from this machine only', () => {
    const published = Object.fromEntries(services.flatMap(([name, { ports }]) => (ports ? [[name, ports]] : [])));
    expect(published).toEqual({ temporal: ['127.0.0.1:7233:7233'], 'temporal-ui': ['127.0.0.1:8233:8080'] });
  });

  it('no service is on the network of the host', () => {
    expect(text).not.toContain('network_mode');
  });
});

describe('secrets', () => {
  it('every password must be set', () => {
    const passwords = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment)
        .filter(([variable]) => /PASSWORD|PWD|SECRET|TOKEN|KEY/.test(variable) && !variable.endsWith('_FILE'))
        .map(([variable, value]) => [`${name} ${variable}`, value] as const),
    );
    expect(passwords.map(([name]) => name)).toEqual([
      'postgresql POSTGRES_PASSWORD',
      'temporal-schema SQL_PASSWORD',
      'temporal POSTGRES_PWD',
    ]);
    for (const [, value] of passwords) expect(value).toMatch(/^\$\{POSTGRES_PASSWORD:\?[^}]+\}$/);
  });

  it('the portal must be set', () => {
    expect(service('worker').environment?.['API_HOST']).toMatch(/^\$\{API_HOST:\?[^}]+\}$/);
  });

  it('keys are in files, for those services only that need them', () => {
    expect(Object.fromEntries(services.flatMap(([name, { secrets }]) => (secrets ? [[name, secrets]] : [])))).toEqual({
      worker: ['API_KEY', 'CODEC_KEYS', 'ID_KEY'],
      sandbox: ['CODEC_KEYS', 'ID_KEY'],
    });
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./secrets/${name}`);
    for (const [, { secrets = [], environment = {} }] of services) {
      for (const name of secrets) {
        expect(environment[`${name}_FILE`]).toBe(`/run/secrets/${name}`);
        expect(environment).not.toHaveProperty(name);
      }
    }
    expect(readFileSync(fileAt('.gitignore'), 'utf8').split('\n')).toContain('secrets/');
  });

  it('the codec is on', () => {
    for (const name of ['worker', 'sandbox']) {
      expect(service(name).environment).toMatchObject({
        CODEC_KEYS_FILE: '/run/secrets/CODEC_KEYS',
        ID_KEY_FILE: '/run/secrets/ID_KEY',
      });
    }
  });
});

describe('rights', () => {
  it.each(services)('%s has no privileges, no writable root and no capability', (_, given) => {
    expect(given.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(given).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      tmpfs: expect.arrayContaining(['/tmp']),
    });
    expect(given.privileged).toBeUndefined();
  });

  it.each(services)('%s cannot fill the machine with processes, memory or logs', (_, given) => {
    expect(given.pids_limit).toBeGreaterThan(0);
    expect(given.mem_limit).toMatch(/^\d+g$/);
    expect(given.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '5' });
  });
});

describe('README', () => {
  const readme = readFileSync(fileAt('docs/cli.md'), 'utf8') + readFileSync(fileAt('docs/operations.md'), 'utf8');

  it('names every image with its release, every port, volume, user and secret', () => {
    for (const [, { image = '', ports = [], user = '' }] of services) {
      for (const fact of [image, ...ports, user.split(':')[0] ?? '']) expect(readme).toContain(fact);
    }
    for (const name of [...Object.keys(compose.volumes), ...Object.keys(compose.secrets)]) {
      expect(readme).toContain(`\`${name}\``);
    }
  });

  it('the sandbox starts by its profile only', () => {
    expect(services.filter(([, { profiles }]) => profiles).map(([name]) => name)).toEqual(['sandbox']);
    expect(readme).toContain('--profile sandbox');
  });
});

describe('order', () => {
  it('each service waits for what it needs', () => {
    expect(Object.fromEntries(services.map(([name]) => [name, conditions(name)]))).toEqual({
      postgresql: {},
      'temporal-schema': { postgresql: 'service_healthy' },
      temporal: { 'temporal-schema': 'service_completed_successfully' },
      'temporal-namespace': { temporal: 'service_healthy' },
      'temporal-ui': { temporal: 'service_healthy' },
      worker: { temporal: 'service_healthy', 'temporal-namespace': 'service_completed_successfully' },
      sandbox: { temporal: 'service_healthy', 'temporal-namespace': 'service_completed_successfully' },
    });
  });

  it.each(waitedFor('service_healthy'))('%s says when it is ready', (name) => {
    expect(service(name).healthcheck?.test[0]).toBe('CMD');
  });

  it.each(waitedFor('service_completed_successfully'))('%s ends once it is done', (name) => {
    // With `unless-stopped` it would start over for ever.
    expect(service(name).restart).toMatch(/^on-failure:\d+$/);
  });

  it.each(['postgresql', 'temporal', 'temporal-ui', 'worker'])(
    '%s comes back after a restart of the machine',
    (name) => {
      expect(service(name).restart).toBe('unless-stopped');
    },
  );
});

describe('wiring', () => {
  it.each(['worker', 'temporal-ui', 'temporal-namespace'])('%s finds the server', (name) => {
    expect(service(name).environment?.['TEMPORAL_ADDRESS']).toBe('temporal:7233');
  });

  it('the server and its set-up use the same database', () => {
    expect(service('temporal').environment).toMatchObject({
      DB: 'postgres12',
      POSTGRES_SEEDS: 'postgresql',
      POSTGRES_USER: service('postgresql').environment?.['POSTGRES_USER'],
    });
    expect(service('temporal-schema').environment).toMatchObject({
      SQL_PLUGIN: 'postgres12',
      SQL_HOST: 'postgresql',
      SQL_USER: service('postgresql').environment?.['POSTGRES_USER'],
    });
  });

  it('the database is in a named volume', () => {
    expect(service('postgresql').volumes).toEqual(['database:/var/lib/postgresql/data']);
    expect(Object.keys(compose.volumes)).toEqual(['database']);
  });

  it('the worker and the commands have the same default task queue', () => {
    expect(service('worker').environment?.['TASK_QUEUE']).toBe(`\${TASK_QUEUE:-${defaultTaskQueue}}`);
  });

  it('the namespace gets every search attribute, one per call', () => {
    const script = service('temporal-namespace').command?.at(-1) ?? '';
    const [, keywords = '', lists] =
      /for name in (.+); do create Keyword .*\n\s*create KeywordList (\w+)/.exec(script) ?? [];
    const namesOf = (wanted: string): string[] =>
      attributeKeys.filter(({ type }) => type === wanted).map(({ name }) => name);
    expect(keywords.split(' ')).toEqual(namesOf('KEYWORD'));
    expect([lists]).toEqual(namesOf('KEYWORD_LIST'));
  });
});

const composeSpec = toolPath('compose-spec', '-h');

describe.skipIf(!composeSpec)('the reference implementation of compose', () => {
  interface Made {
    services: Record<string, { image: string; user: string; ports?: object[]; volumes?: object[]; secrets?: object[] }>;
  }

  function read(content: string, ...flags: string[]): { status: number | null; stdout: string; stderr: string } {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'docker-compose.yml'), content);
    const args = [...flags, '--format', 'json', 'docker-compose.yml'];
    return spawnSync(composeSpec ?? '', args, { cwd: folder, encoding: 'utf8' });
  }

  it('parses the file as these tests do', () => {
    const { status, stdout, stderr } = read(text, '--no-interpolation');
    expect([status, stderr]).toEqual([0, '']);
    const made = (JSON.parse(stdout) as Made).services;
    expect(Object.keys(made).sort()).toEqual(services.map(([name]) => name).sort());
    for (const [name, { image, user }] of services) expect(made[name]).toMatchObject({ image, user });
    expect(Object.entries(made).flatMap(([name, { ports = [] }]) => ports.map((port) => ({ name, ...port })))).toEqual([
      expect.objectContaining({ name: 'temporal', host_ip: '127.0.0.1', published: '7233', target: 7233 }),
      expect.objectContaining({ name: 'temporal-ui', host_ip: '127.0.0.1', published: '8233', target: 8080 }),
    ]);
    expect(made['postgresql']?.volumes).toMatchObject([{ type: 'volume', source: 'database' }]);
    expect(made['worker']?.secrets).toMatchObject(
      ['API_KEY', 'CODEC_KEYS', 'ID_KEY'].map((name) => ({ source: name, target: `/run/secrets/${name}` })),
    );
  });

  it('starts nothing without the password of the database and the portal', () => {
    const { status, stderr } = read(text);
    expect(status).toBe(1);
    expect(stderr).toContain('required variable POSTGRES_PASSWORD is missing a value: set it to');
    expect(stderr).toContain('required variable API_HOST is missing a value: set it to the address of the portal');
  });

  it.each([
    ['pids_limit', 'pids_limits'],
    ['condition: service_healthy', 'condition: service_helthy'],
  ])('refuses a mistyped %s', (right, wrong) => {
    expect(read(text.replaceAll(right, wrong), '--no-interpolation').status).toBe(1);
  });
});
