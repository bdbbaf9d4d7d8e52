import { expect, test } from "bun:test";
import { connect, createServer, type AddressInfo } from "node:net";
import { layLink } from "./link.ts";

const pieces = 400;

test("on a slow wire, and on one that is slow no more, no piece overtakes another", async () => {
  const heard = Promise.withResolvers<string>();
  const server = createServer((socket) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += String(bytes);
      if (text.endsWith("end")) heard.resolve(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using link = await layLink();
  link.leadTo((server.address() as AddressInfo).port);
  const socket = connect(link.port, "127.0.0.1").setNoDelay();
  const sent: string[] = [];
  for (let i = 0; i < pieces; i++) {
    // Slow, whole and slow again.
    if (i % 100 === 0) link.slow(0, i % 200 === 0 ? 20 : 0);
    sent.push(`${i} `);
    socket.write(sent[i]!);
    await Bun.sleep(0.3);
  }
  socket.write("end");
  expect(await heard.promise).toBe(`${sent.join("")}end`);
  socket.destroy();
  server.close();
});
