import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Forwards TCP connections to a port, and can stop forwarding, as a network that drops everything does. */
export class TcpRelay {
  private readonly near = new Set<Socket>();
  private readonly far = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async start(target: number): Promise<TcpRelay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpRelay(server, target);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /**
   * The client still has its connections, but nothing arrives. For the server they are closed, so it assigns nothing to
   * the client.
   */
  cut(): void {
    this.isCut = true;
    for (const socket of this.far) socket.destroy();
  }

  /** The client loses its connections, and can connect again. */
  restore(): void {
    if (!this.isCut) return;
    this.isCut = false;
    for (const socket of this.near) socket.destroy();
  }

  close(): void {
    this.server.close();
    for (const socket of [...this.near, ...this.far]) socket.destroy();
  }

  private join(near: Socket): void {
    this.near.add(near);
    near.on('error', () => undefined).once('close', () => this.near.delete(near));
    if (this.isCut) return;
    const far = connect(this.target, '127.0.0.1');
    this.far.add(far);
    far
      .on('error', () => undefined)
      .once('close', () => {
        this.far.delete(far);
        if (!this.isCut) near.destroy();
      });
    near.once('close', () => far.destroy());
    near.on('data', (chunk) => far.destroyed || far.write(chunk));
    far.on('data', (chunk) => near.destroyed || near.write(chunk));
  }
}
