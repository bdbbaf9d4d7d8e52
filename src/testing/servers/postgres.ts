import { SQL } from "bun";
import type { Recipe } from "./recipe.ts";

/** Writes nothing through to the disk: the tests kill processes, never the machine. */
const settings = ["fsync=off", "full_page_writes=off", "synchronous_commit=on", "max_connections=300", "listen_addresses=127.0.0.1", "unix_socket_directories=", "log_min_messages=warning"];

const urlOf = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`;

export const postgresRecipe: Recipe = {
  packages: "postgresql",
  ports: 1,
  programs: {
    initdb: ["initdb", "/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb"],
    postgres: ["postgres", "/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres"],
  },
  user: "postgres",
  url: urlOf,
  prepare: ({ run, programs, data }) => run([programs["initdb"]!, "-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]),
  commands: ({ programs, data, ports }) => [{ command: [programs["postgres"]!, "-D", data, "-p", String(ports[0]), ...settings.flatMap((one) => ["-c", one])] }],
  async greet({ ports }) {
    const sql = new SQL(urlOf(ports[0]!), { max: 1, connectionTimeout: 2 });
    try {
      await sql`SELECT 1`;
    } finally {
      await sql.close();
    }
  },
};
