import { ask, type Recipe } from "./recipe.ts";

export const redisRecipe: Recipe = {
  packages: "redis-server",
  ports: 1,
  programs: { redis: ["redis-server", "valkey-server"] },
  url: (port) => `redis://127.0.0.1:${port}`,
  prepare: () => Promise.resolve(),
  commands: ({ programs, data, ports }) => [{ command: [programs["redis"]!, "--port", String(ports[0]), "--bind", "127.0.0.1", "--dir", data, "--save", "", "--appendonly", "yes"] }],
  async greet({ ports }) {
    const answer = (await ask(ports[0]!, "PING\r\n")).toString();
    if (!answer.startsWith("+PONG")) throw new Error(`it answered ${JSON.stringify(answer)}`);
  },
};
