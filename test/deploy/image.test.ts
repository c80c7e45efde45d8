import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

/** The image, and whether whatever runs it agrees with it. `npm run test:image` builds and runs it. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const textAt = (path: string): string => readFileSync(join(root, path), 'utf8');
const dockerfile = textAt('Dockerfile');
const { bin, version } = JSON.parse(textAt('package.json')) as { bin: Record<string, string>; version: string };

describe('the Dockerfile', () => {
  it('pins its base, and runs the worker as its own user without npm', () => {
    const bases = [...dockerfile.matchAll(/^(?:ARG NODE_IMAGE=|FROM )(\S+)/gm)].map(([, image]) => image);
    const pinned = expect.stringMatching(/^node:\d+\.\d+\.\d+-bookworm-slim(?:@sha256:[\da-f]{64})?$/);
    expect(new Set(bases)).toEqual(new Set([pinned, '${NODE_IMAGE}']));
    expect(dockerfile).toMatch(/^USER 1000:1000$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["tini", "--"\]$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK .*\n.*127\.0\.0\.1:8081\/healthz/m);
    expect(dockerfile).toMatch(/^ENV .*HEALTH_ADDRESS=127\.0\.0\.1:8081$/m);
    expect(dockerfile).toMatch(/^CMD \["node", "--enable-source-maps", "dist\/worker\.js"\]$/m);
    for (const [, command = ''] of dockerfile.matchAll(/npm ci(.*)$/gm)) expect(command).toContain('--ignore-scripts');
  });

  it('copies only what the build context contains', () => {
    const context = textAt('.dockerignore').split('\n');
    expect(context.find((line) => line !== '' && !line.startsWith('#'))).toBe('*');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) => from.split(' '));
    expect(copied.length).toBeGreaterThan(0);
    expect(copied.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(context).toEqual(expect.arrayContaining(copied.map((path) => `!${path}`)));
  });
});

describe('compose and Kubernetes', () => {
  const compose = parse(textAt('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { build?: string; user: string }>;
  };

  it('run it as the user that it has', () => {
    const [, user = ''] = /^USER (\S+)$/m.exec(dockerfile) ?? [];
    const own = Object.values(compose.services).filter(({ build }) => build !== undefined);
    expect(own.map((service) => service.user)).toEqual([user, user]);
    const [, uid, gid] =
      /runAsUser: (\d+)\s+runAsGroup: (\d+)/.exec(textAt('deploy/kubernetes/base/deployment.yaml')) ?? [];
    expect(`${uid}:${gid}`).toBe(user);
  });

  it.each(['Dockerfile', 'docker-compose.yml', 'docs/operations.md'])('%s runs programs of the package', (path) => {
    const programs = textAt(path).match(/\bdist\/[\w/-]+\.js/g) ?? [];
    expect(programs.length).toBeGreaterThan(0);
    expect(Object.values(bin)).toEqual(expect.arrayContaining(programs));
  });

  it('Kubernetes runs the image of this version', () => {
    expect(textAt('deploy/kubernetes/base/kustomization.yaml')).toContain(`newTag: ${version}\n`);
  });
});
