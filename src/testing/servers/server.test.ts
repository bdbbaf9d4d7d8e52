import { expect } from "bun:test";
import { connect } from "node:net";
import { testUnless } from "../needs_service.ts";
import { serviceNames } from "../services.ts";
import { startServer, whyNot } from "./server.ts";

for (const name of serviceNames) {
  testUnless(
    whyNot(name),
    `a private ${name} answers, is gone when it was killed, and comes back on the same port, emptied if so wanted`,
    async () => {
      await using server = await startServer(name);
      expect(await listens(server.url)).toBe(true);
      await server.kill();
      expect(await listens(server.url)).toBe(false);
      await server.wipe();
      await server.start();
      expect(await listens(server.url)).toBe(true);
      await server.stop();
      expect(await listens(server.url)).toBe(false);
    },
    90_000,
  );
}

function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
