import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Whether something listens on a port of this machine. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** Waits up to two seconds for a port, because the sandbox of a killed command takes a moment to end. */
export async function waitUntilFree(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt++) {
    if (!(await isListening(port))) return true;
    await delay(100);
  }
  return false;
}

/** The preferred port if it is free, otherwise one below 32768: the system gives higher ports to other programs. */
export async function freePort(preferred: number): Promise<number> {
  for (const port of [preferred || anyPort(), ...Array.from({ length: 20 }, anyPort)]) {
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

const anyPort = (): number => 20_000 + Math.floor(Math.random() * 12_000);

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
