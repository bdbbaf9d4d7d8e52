/** Something to check for each kind, on loopback, and what a person types into the form for it. */
import { createServer, type AddressInfo } from "node:net";
import { startFakeDns } from "./fake_dns.ts";
import { startFakeSite } from "./fake_site.ts";
import { startGrpcShop } from "./grpc_shop.ts";

export interface TargetOfKind {
  /** By the label of the field. */
  typed: Record<string, string>;
  chosen?: Record<string, string>;
  /** Below "More". */
  more?: Record<string, string>;
  /** What the result of a try shows. */
  shows: RegExp[];
}

export interface TargetsOfEveryKind extends AsyncDisposable {
  kinds: Record<"http" | "tls" | "tcp" | "dns" | "icmp" | "grpc" | "graphql" | "websocket", TargetOfKind>;
}

export async function startTargetsOfEveryKind(): Promise<TargetsOfEveryKind> {
  const [site, graphql, secure, names, shop] = await Promise.all([
    startFakeSite({ headers: { "content-type": "application/json" }, body: '{"ok":true,"items":[{"id":1}]}' }),
    startFakeSite({ headers: { "content-type": "application/json" }, body: '{"data":{"shop":null},"errors":[{"message":"the stock is unknown","path":["shop","stock"]}]}' }),
    startFakeSite({ tls: "good", body: "ok" }),
    startFakeDns({ reply: ({ name, type }) => ({ answers: type === "A" ? [{ name, type: "A", ttl: 300, data: "192.0.2.7" }] : [] }) }),
    startGrpcShop(),
  ]);
  const chat = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no", { status: 400 })), websocket: { message: (socket, text) => void socket.send(`you said ${String(text)}`) } });
  const greeter = createServer((socket) => {
    socket.on("error", () => {});
    socket.write("220 mail.example ESMTP\r\n");
    socket.on("data", () => socket.write("250 mail.example\r\n"));
  });
  await new Promise<void>((resolve) => void greeter.listen(0, "127.0.0.1", () => resolve()));

  return {
    kinds: {
      http: { typed: { URL: `${site.url}/health` }, shows: [/First byte/, /is in 200-299/, /"items"/] },
      tls: { typed: { Host: "localhost", Port: String(secure.port) }, more: { "Trusted certificates": secure.caPem }, shows: [/TLS/, /days left/, /certificate days/] },
      tcp: {
        typed: { Host: "127.0.0.1", Port: String((greeter.address() as AddressInfo).port) },
        more: { Dialogue: '[{ "expect": { "text": "220 " } }, { "send": "EHLO here\\r\\n", "expect": { "text": "250 " } }]' },
        shows: [/Connect/, /step 2/, /EHLO here/],
      },
      dns: { typed: { "Domain name": "shop.example", "Server": `127.0.0.1:${names.port}` }, shows: [/192\.0\.2\.7/, /300 s/, /NOERROR/] },
      icmp: { typed: { Host: "127.0.0.1" }, more: { "Pause between them (ms)": "10" }, shows: [/Round trips|ping failed on our side/] },
      grpc: { typed: { Address: shop.address }, shows: [/SERVING/, /0 OK/] },
      graphql: { typed: { URL: graphql.url, Query: "{ shop { stock } }" }, shows: [/graphql_errors/, /the stock is unknown/, /shop\.stock/] },
      websocket: { typed: { URL: `ws://127.0.0.1:${chat.port}/`, Messages: '[{ "send": "hello", "expect": { "text": "said hello" } }]' }, shows: [/you said hello/, /101/] },
    },
    async [Symbol.asyncDispose]() {
      await chat.stop(true);
      greeter.close();
      await Promise.all([site.close(), graphql.close(), secure.close(), names[Symbol.asyncDispose](), shop[Symbol.asyncDispose]()]);
    },
  };
}
