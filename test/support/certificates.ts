import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder } from './starter.js';

/** Paths of a certificate and its key. */
export interface Pair {
  cert: string;
  key: string;
}

/** A certificate authority for a test, made with openssl. */
export class Authority {
  private readonly folder = emptyFolder();
  readonly own: Pair;

  constructor() {
    this.own = this.pair('authority');
    const { cert, key } = this.own;
    openssl('req', '-x509', ...newKey(key), '-subj', '/CN=authority', '-days', '2', '-out', cert);
  }

  /** Issues a certificate for a host or a client. Other names have a type, as in `IP:127.0.0.1`. */
  issue(name: string, ...otherNames: string[]): Pair {
    const issued = this.pair(name);
    const { cert, key } = issued;
    const [request, names] = [join(this.folder, `${name}.csr`), join(this.folder, `${name}.ext`)];
    writeFileSync(names, `subjectAltName=${[`DNS:${name}`, ...otherNames].join()}\n`);
    openssl('req', ...newKey(key), '-subj', `/CN=${name}`, '-out', request);
    const by = ['-CA', this.own.cert, '-CAkey', this.own.key, '-CAcreateserial', '-days', '2', '-extfile', names];
    openssl('x509', '-req', '-in', request, ...by, '-out', cert);
    return issued;
  }

  private pair(name: string): Pair {
    return { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) };
  }
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
const newKey = (file: string): string[] => [...curve, '-nodes', '-keyout', file];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
