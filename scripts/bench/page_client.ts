/** Asks for one page over and over on connections that stay open, as the proxies before a status page do. */
import type { Socket } from "bun";

export interface PageFigures {
  requests: number;
  failed: number;
  seconds: number;
  /** Of one answer, headers included. */
  answerBytes: number;
}

interface State {
  pending: Buffer;
}

export async function askForPage(url: string, { connections, seconds }: { connections: number; seconds: number }): Promise<PageFigures> {
  const { hostname, port, pathname } = new URL(url);
  const request = `GET ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept-encoding: gzip\r\n\r\n`;
  const figures = { requests: 0, failed: 0, answerBytes: 0 };
  const until = performance.now() + seconds * 1_000;
  const started = performance.now();
  const take = (socket: Socket<State>, data: Buffer) => {
    const state = socket.data;
    state.pending = state.pending.length === 0 ? data : Buffer.concat([state.pending, data]);
    const bytes = answerBytesOf(state.pending);
    if (bytes === undefined || state.pending.length < bytes) return;
    figures.requests++;
    figures.answerBytes = bytes;
    if (!state.pending.subarray(0, 15).toString().includes(" 200")) figures.failed++;
    state.pending = state.pending.subarray(bytes);
    if (performance.now() < until) socket.write(request);
    else socket.end();
  };
  const one = () =>
    new Promise<void>((resolve, reject) => {
      void Bun.connect<State>({ hostname, port: Number(port), data: { pending: Buffer.alloc(0) }, socket: { open: (socket) => void socket.write(request), data: take, close: () => resolve(), error: (_, error) => reject(error) } });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return { ...figures, seconds: (performance.now() - started) / 1_000 };
}

/** Undefined until the headers are there. */
function answerBytesOf(pending: Buffer): number | undefined {
  const end = pending.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(pending.subarray(0, end).toString("latin1"))?.[1];
  return end + 4 + Number(length ?? 0);
}
