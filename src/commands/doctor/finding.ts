import { color } from '../../terminal/print.js';

/** What `doctor` found about one subject. */
export interface Finding {
  check:
    | 'folder'
    | 'configuration'
    | 'versions'
    | 'secrets'
    | 'codec'
    | 'connection'
    | 'temporal'
    | 'workers'
    | 'limits'
    | 'route'
    | 'portal'
    | 'duplicates';
  ok: boolean;
  message: string;
  /** What to do if something is wrong or could be better. */
  fix?: string;
}

export function findingText({ check, ok, message, fix }: Finding): string {
  const [style, sign] = !ok ? (['red', '✗'] as const) : fix ? (['yellow', '!'] as const) : (['green', '✓'] as const);
  const line = `${color(process.stdout, style, sign)} ${check.padEnd(13)} ${message}`;
  return fix === undefined ? line : `${line}\n                → ${fix}`;
}
