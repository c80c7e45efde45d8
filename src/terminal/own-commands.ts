import { existsSync } from 'node:fs';

const isCheckout = existsSync(new URL('../../scripts/build.mjs', import.meta.url));

/** Messages name the npm scripts of a checkout. An installed package has none, so this names its programs instead. */
export function nameOwnCommands(text: string): string {
  if (isCheckout) return text;
  return text
    .replaceAll(/npm run (?:-s )?starter --/g, 'npx docspace-onboarding')
    .replaceAll('npm run dev', 'npx docspace-onboarding dev')
    .replaceAll('npm run worker', 'npx docspace-onboarding-worker');
}
