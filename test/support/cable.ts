import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A connection to a server that can be cut without either end noticing, as by a network that drops every packet. */
export class Cable {
  private readonly sockets = new Set<Socket>();

  private constructor(
    readonly address: string,
    private readonly stop: () => void,
  ) {}

  /** @param target host and port of the server */
  static async start(target: string): Promise<Cable> {
    const [host, port] = target.split(':');
    const server = createServer((near) => {
      const far = connect(Number(port), host);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        cable.sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => [near, far].forEach((each) => each.destroy()));
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cable: Cable = new Cable(`127.0.0.1:${(server.address() as AddressInfo).port}`, () => server.close());
    return cable;
  }

  cut(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Ends every connection. */
  close(): void {
    this.stop();
    for (const socket of this.sockets) socket.destroy();
  }
}
