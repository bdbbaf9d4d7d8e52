import { ask, type Recipe } from "./recipe.ts";

export const natsRecipe: Recipe = {
  packages: "nats-server",
  ports: 1,
  programs: { nats: ["nats-server"] },
  url: (port) => `nats://127.0.0.1:${port}`,
  prepare: () => Promise.resolve(),
  commands: ({ programs, data, ports }) => [{ command: [programs["nats"]!, "-a", "127.0.0.1", "-p", String(ports[0]), "-js", "-sd", data] }],
  async greet({ ports }) {
    const hello = (await ask(ports[0]!, "")).toString();
    if (!hello.startsWith("INFO ") || !hello.includes('"jetstream":true')) throw new Error(`it greeted with ${JSON.stringify(hello.slice(0, 80))}`);
  },
};
