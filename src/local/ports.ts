import { connect, createServer } from 'node:net';

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

/**
 * The preferred port where it is free, else any other: below those that a system gives to whoever names none (from 32768 on),
 * or another program might have it before it is listened on.
 */
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
