import { once } from 'node:events';
import {
  connect,
  constants,
  createServer,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type Http2Session,
  type Http2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A gRPC message in transit. */
export interface Message {
  /** The method's name, such as `RespondActivityTaskCompleted`. */
  method: string;
  part: 'request' | 'answer';
  bytes: number;
}

/** Chooses a message, given the messages that have passed since the hold was set, this one included. */
type Chooses = (message: Message, passed: readonly Message[]) => boolean;

interface Hold {
  chooses: Chooses;
  passed: Message[];
  reached: () => void;
  released: Promise<void>;
}

/**
 * Relays gRPC between a process and the Temporal server, and holds a chosen message. So a kill can happen between any two
 * messages without test code in the program. If a process or the server dies, a held message is lost, as on the wire. Every
 * call of Temporal's API is one message each way.
 */
export class Relay {
  private hold: Hold | undefined;
  private readonly sessions = new Set<Http2Session>();
  private readonly polls = new Set<ClientHttp2Stream>();
  private lacking: readonly string[] = [];
  private letGo = (): void => undefined;

  private constructor(
    private readonly server: Http2Server,
    private readonly target: number,
  ) {
    server.on('session', (session) => this.join(session));
  }

  /** @param target the port of the Temporal server */
  static async start(target: number): Promise<Relay> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server, target);
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Holds the first message that is chosen. `reached` resolves when it has arrived. */
  holdBack(chooses: Chooses): { reached: Promise<void> } {
    const released = new Promise<void>((resolve) => (this.letGo = resolve));
    const reached = new Promise<void>((resolve) => {
      this.hold = { chooses, passed: [], reached: resolve, released };
    });
    return { reached };
  }

  release(): void {
    this.hold = undefined;
    this.letGo();
  }

  /** Answers like a server that does not know these methods yet. */
  lack(methods: readonly string[]): void {
    this.lacking = methods;
  }

  /** Drops the polls that are open now, so the server assigns nothing to them. The pollers do not notice. */
  dropPolls(): void {
    for (const poll of this.polls) poll.close(constants.NGHTTP2_CANCEL);
  }

  close(): void {
    this.release();
    for (const session of this.sessions) session.destroy();
    this.server.close();
  }

  /** Each connection has its own connection to the server, and both end together. */
  private join(near: Http2Session): void {
    const far = connect(`http://127.0.0.1:${this.target}`);
    this.sessions.add(near);
    far.on('error', () => undefined);
    far.on('close', () => near.destroy());
    near.on('error', () => undefined);
    near.on('close', () => {
      this.sessions.delete(near);
      far.destroy();
    });
    near.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      this.carry(stream, headers, far).catch(() => stream.close(constants.NGHTTP2_CANCEL));
    });
  }

  private async carry(near: ServerHttp2Stream, headers: IncomingHttpHeaders, far: ClientHttp2Session): Promise<void> {
    const method = headers[':path']?.split('/').at(-1) ?? '';
    near.on('error', () => undefined);
    const request = await bytesOf(near);
    await this.pass({ method, part: 'request', bytes: request.length });
    if (near.destroyed) return;
    if (this.lacking.includes(method)) {
      const answer = {
        'content-type': 'application/grpc',
        'grpc-status': '12',
        'grpc-message': `unknown method ${method}`,
      };
      return near.respond(answer, { endStream: true });
    }

    const call = far.request(headers);
    near.once('close', () => call.close(constants.NGHTTP2_CANCEL));
    if (method.startsWith('Poll')) this.polls.add(call);
    call.once('close', () => this.polls.delete(call));
    call.end(request);
    let trailers: IncomingHttpHeaders = {};
    call.once('trailers', (received: IncomingHttpHeaders) => (trailers = received));
    const [answered] = (await once(call, 'response')) as [IncomingHttpHeaders];
    const answer = await bytesOf(call);
    await this.pass({ method, part: 'answer', bytes: answer.length });
    if (near.destroyed) return;

    if ('grpc-status' in answered) return near.respond(answered, { endStream: true }); // an error has no body
    near.once('wantTrailers', () => near.sendTrailers(trailers));
    near.respond(answered, { waitForTrailers: true });
    near.end(answer);
  }

  private async pass(message: Message): Promise<void> {
    const { hold } = this;
    if (!hold) return;
    hold.passed.push(message);
    if (!hold.chooses(message, hold.passed)) return;
    hold.chooses = () => false;
    hold.reached();
    await hold.released;
  }
}

async function bytesOf(stream: Http2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
