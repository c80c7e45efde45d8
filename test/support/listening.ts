import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';

const listenState = '0A';

/** The addresses on which a process listens, such as `127.0.0.1:7233`. IPv6 addresses stay as the system prints them. */
export async function listeningAddresses(pid: number): Promise<string[]> {
  if (!existsSync('/proc/net/tcp')) {
    const { stdout } = await promisify(execFile)('lsof', [
      '-nP',
      '-a',
      '-iTCP',
      '-sTCP:LISTEN',
      '-p',
      String(pid),
      '-Fn',
    ]);
    return stdout.split('\n').flatMap((line) => (line.startsWith('n') ? [line.slice(1)] : []));
  }
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => socketOf(`/proc/${pid}/fd/${fd}`)));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === listenState && own.has(inode))
      .map(([, local = '']) => readable(local)),
  );
}

function socketOf(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
  } catch {
    return undefined;
  }
}

/** The kernel writes `0100007F:1C41` for 127.0.0.1:7233. */
function readable(address: string): string {
  const [host = '', port = ''] = address.split(':');
  const bytes =
    host.length === 8
      ? host
          .match(/../g)
          ?.map((byte) => parseInt(byte, 16))
          .toReversed()
          .join('.')
      : host;
  return `${bytes}:${parseInt(port, 16)}`;
}
