import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Secret } from 'kubernetes-models/v1/Secret';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { temporalConfig } from '../../src/temporal/connection.js';
import { portalLimits } from '../../src/docspace/rate-limit/limits.js';
import { readSettings } from '../../src/program/settings/read-settings.js';
import { defaultTaskQueue } from '../../src/program/settings/starter-settings.js';
import { workerSettings } from '../../src/program/settings/worker-settings.js';
import { toolPath } from '../support/tools.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'deploy/kubernetes');

/** The settings as a worker in the cluster reads them, except for its secrets. */
function workerSettingsOf(variables: Record<string, string | undefined>) {
  const files = { API_KEY_FILE: undefined, CODEC_KEYS_FILE: undefined, ID_KEY_FILE: undefined };
  const reading = readSettings(workerSettings, {
    variables: { ...variables, ...files, API_KEY: 'sk-1' },
    problems: [],
  });
  return 'settings' in reading ? reading.settings : expect.fail(reading.problems.join());
}

interface Manifest {
  apiVersion: string;
  kind: keyof typeof models;
}

const models = { ConfigMap, Deployment, PodDisruptionBudget, ScaledObject, Secret };

/** Where the type of each kind is: the last part of a path is its name. */
const typesOf: Record<keyof typeof models, string> = {
  ConfigMap: 'kubernetes-models/v1/ConfigMap',
  Deployment: 'kubernetes-models/apps/v1/Deployment',
  PodDisruptionBudget: 'kubernetes-models/policy/v1/PodDisruptionBudget',
  ScaledObject: '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject',
  Secret: 'kubernetes-models/v1/Secret',
};

function manifestsIn(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(folder, path), 'utf8')).map((each) => each.toJSON() as Manifest);
}

interface Kustomization {
  resources: string[];
  patches: { path: string }[];
  images?: { name: string; newName: string; newTag: string }[];
}

function kustomizationOf(name: string): Kustomization {
  const text = readFileSync(join(folder, name, 'kustomization.yaml'), 'utf8');
  return { patches: [], ...(parse(text) as Omit<Kustomization, 'patches'>) };
}

/** What kustomize makes of a folder, images aside. */
function built(name: string): Manifest[] {
  const { resources, patches } = kustomizationOf(name);
  const bases = resources.flatMap((path) =>
    path.endsWith('.yaml') ? manifestsIn(join(name, path)) : built(join(name, path)),
  );
  const changes = patches.flatMap(({ path }) => manifestsIn(join(name, path)));
  return bases.map((base) => merged(base, changes.find(({ kind }) => kind === base.kind) ?? {}) as Manifest);
}

/** A patch changes members, and replaces lists as a whole. */
function merged(base: unknown, patch: unknown): unknown {
  if (!isObject(base) || !isObject(patch)) return patch;
  const changed = Object.entries(patch).map(([name, value]) => [name, merged(base[name], value)]);
  return { ...base, ...Object.fromEntries(changed) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kustomizations = ['base', 'temporal-cloud'];
const examples = manifestsIn('secret.example.yaml');

function find<Kind extends keyof typeof models>(
  kind: Kind,
  manifests: Manifest[],
): InstanceType<(typeof models)[Kind]> {
  const [found] = manifests.filter((each) => each.kind === kind);
  if (!found) throw new Error(`no ${kind}`);
  return found as unknown as InstanceType<(typeof models)[Kind]>;
}

describe('schemas', () => {
  const temporary: string[] = [];
  afterEach(() => temporary.splice(0).forEach((path) => rmSync(path, { recursive: true })));

  it.each(kustomizations)('%s: Kubernetes and KEDA take every manifest', (name) => {
    const manifests = [...built(name), ...examples];
    expect(manifests.length).toBeGreaterThan(4);
    for (const manifest of manifests) {
      const Model = models[manifest.kind] as new (data: object) => { validate(): void };
      expect(() => new Model(manifest).validate()).not.toThrow();
    }
  });

  it.each(kustomizations)('%s: no manifest has a field that they do not know', (name) => {
    // A schema says nothing of other fields, and the compiler does: each manifest becomes a constant of its type.
    const lines = [...built(name), ...examples].map((manifest, index) => {
      const type = `import('${typesOf[manifest.kind]}').I${manifest.kind}`;
      return `export const manifest${index}: ${type} = ${JSON.stringify(manifest)};`;
    });
    expect(problemsOf(lines)).toBe('');
    const [first = ''] = lines;
    expect(problemsOf([first.replace('"metadata":{', '"metadata":{"nmae":"x",')])).toContain('nmae');
  });

  function problemsOf(lines: string[]): string {
    mkdirSync(join(root, '.local'), { recursive: true });
    const place = mkdtempSync(join(root, '.local/manifests-'));
    temporary.push(place);
    const file = join(place, 'manifests.ts');
    writeFileSync(file, lines.join('\n'));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--types', ''];
    return spawnSync(process.execPath, [tsc, ...flags, file], { encoding: 'utf8' }).stdout;
  }

  const kustomize = toolPath('kustomize', 'version');
  it.skipIf(!kustomize).each(kustomizations)('%s: kustomize makes of it what these tests look at', (name) => {
    const made = execFileSync(kustomize ?? '', ['build', join(folder, name)], { encoding: 'utf8' });
    const [image] = kustomizationOf('base').images ?? [];
    const withoutImages = made.replace(`image: ${image?.newName}:${image?.newTag}`, `image: ${image?.name}`);
    expect(withoutImages).not.toBe(made);
    const inOrder = (manifests: unknown[]): string[] =>
      manifests.map((each) => JSON.stringify(each, sorted)).toSorted();
    expect(inOrder(parseAllDocuments(withoutImages).map((each) => each.toJSON() as unknown))).toEqual(
      inOrder(built(name)),
    );
  });
});

/** For JSON that is the same whatever the order of members. */
function sorted(_: string, value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

describe('the worker', () => {
  const manifests = built('base');
  const { spec: { strategy, template } = {} } = find('Deployment', manifests);
  const pod = template?.spec;
  const [container] = pod?.containers ?? [];
  const settings = find('ConfigMap', manifests).data ?? {};
  const portOf = (name: string): number | undefined =>
    container?.ports?.find((port) => port.name === name)?.containerPort;

  it('has no privileges, no writable root, no capability and no service account', () => {
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod?.automountServiceAccountToken).toBe(false);
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('serves health and metrics where the probes and Prometheus ask', () => {
    const { healthAddress, metricsAddress } = workerSettingsOf(settings);
    expect(healthAddress).toEqual({ host: '0.0.0.0', port: portOf('health') });
    expect(metricsAddress).toBe(`0.0.0.0:${portOf('metrics')}`);
    expect(template?.metadata?.annotations?.['prometheus.io/port']).toBe(String(portOf('metrics')));
    expect(container?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'health' });
    for (const probe of [container?.startupProbe, container?.livenessProbe]) {
      expect(probe?.httpGet).toEqual({ path: '/healthz', port: 'health' });
    }
  });

  it('has time to let calls finish before it is killed', () => {
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(10);
  });

  it('has only known settings, and finds every key in its Secret', () => {
    const known =
      readFileSync(join(root, 'docs/cli.md'), 'utf8') + readFileSync(join(root, 'docs/operations.md'), 'utf8');
    for (const name of Object.keys(settings)) expect(known).toContain(name);
    const [mount] = container?.volumeMounts ?? [];
    const volume = pod?.volumes?.find(({ name }) => name === mount?.name);
    const secret = examples
      .map((each) => each as unknown as Secret)
      .find(({ metadata }) => metadata?.name === volume?.secret?.secretName);
    const files = Object.keys(secret?.stringData ?? {}).map((key) => `${mount?.mountPath}/${key}`);
    expect(Object.entries(settings).flatMap(([name, value]) => (name.endsWith('_FILE') ? [value] : []))).toEqual(files);
  });

  it('and all others together stay within the portal’s parallel writes during an update', () => {
    const { limits } = workerSettingsOf(settings).portal;
    expect(strategy?.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    const most = find('ScaledObject', manifests).spec.maxReplicaCount ?? 100;
    const endingToo = most + 1;
    expect(endingToo * (limits.parallelWrites ?? Infinity)).toBeLessThanOrEqual(portalLimits.parallelWrites);
  });

  it('scales by the backlog of its own task queue', () => {
    const { scaleTargetRef, triggers } = find('ScaledObject', manifests).spec;
    expect(scaleTargetRef.name).toBe(find('Deployment', manifests).metadata?.name);
    expect(triggers).toMatchObject([
      {
        type: 'temporal',
        metadata: { taskQueue: settings['TASK_QUEUE'] ?? defaultTaskQueue, namespace: settings['TEMPORAL_NAMESPACE'] },
      },
    ]);
  });

  it('and the budget select the same pods', () => {
    const labels = template?.metadata?.labels;
    expect(find('Deployment', manifests).spec?.selector.matchLabels).toEqual(labels);
    expect(find('PodDisruptionBudget', manifests).spec?.selector?.matchLabels).toEqual(labels);
  });
});

describe('Temporal Cloud', () => {
  const { data = {} } = find('ConfigMap', built('temporal-cloud'));

  it('is reached by the environment alone: encrypted, with a key', async () => {
    const { address, namespace, options } = await temporalConfig({}, { ...data, TEMPORAL_API_KEY: 'key' });
    expect({ address, namespace }).toEqual({
      address: data['TEMPORAL_ADDRESS'],
      namespace: data['TEMPORAL_NAMESPACE'],
    });
    expect(options).toMatchObject({ apiKey: 'key', tls: expect.anything() });
  });

  it('changes settings and scaling, but not the Deployment', () => {
    const [base, cloud] = kustomizations.map(built);
    const changed = (cloud ?? []).filter((each, index) => JSON.stringify(each) !== JSON.stringify(base?.[index]));
    expect(changed.map(({ kind }) => kind).toSorted()).toEqual(['ConfigMap', 'ScaledObject']);
    const { triggers } = find('ScaledObject', cloud ?? []).spec;
    expect(triggers).toMatchObject([
      { metadata: { namespace: data['TEMPORAL_NAMESPACE'], apiKeyFromEnv: 'TEMPORAL_API_KEY' } },
    ]);
  });
});

it('every file of deploy/kubernetes is tested', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  const used = kustomizations.flatMap((name) => {
    const { resources, patches } = kustomizationOf(name);
    const listed = [...resources, ...patches.map(({ path }) => path)].filter((path) => path.endsWith('.yaml'));
    return ['kustomization.yaml', ...listed].map((path) => join(name, path));
  });
  expect(files.toSorted()).toEqual([...used, 'secret.example.yaml'].toSorted());
});
