import { when } from "../columns.ts";
import type { Register } from "../context.ts";
import type { Column, Page } from "../output/output.ts";
import { collect } from "../paging.ts";
import type { ApiKey, SignIn } from "../shapes.ts";

const keyColumns: Column<ApiKey>[] = [
  { title: "id", of: (key) => key.id },
  { title: "name", of: (key) => key.name },
  { title: "prefix", of: (key) => key.prefix },
  { title: "role", of: (key) => key.role },
  { title: "scopes", of: ({ scopes }) => scopes?.join(", ") },
  { title: "created", of: (key) => when(key.createdAt) },
  { title: "expires", of: (key) => when(key.expiresAt) },
  { title: "last used", of: (key) => when(key.lastUsedAt) },
];

export const register: Register = (auth, run) => {
  auth.command("whoami").description("show who you are at the server").action(run(async ({ api, output }) => {
    await output.one(await api.request<Pick<SignIn, "user" | "tenant" | "role">>("GET", "/auth/me"), [
      { title: "user", of: ({ user }) => user?.email },
      { title: "tenant", of: ({ tenant }) => tenant?.name },
      { title: "role", of: (me) => me.role },
      { title: "server", of: () => api.url },
    ]);
  }));

  const keys = auth.command("api-keys").description("keys for programs");
  keys.command("list").description("list API keys").action(run(async ({ api, output }) => {
    await output.list(await api.request<Page<ApiKey>>("GET", "/auth/api-keys"), keyColumns);
  }));

  keys.command("create").requiredOption("--name <name>", "what it is for").description("create an API key; it is shown this once")
    .option("--role <role>", "owner, admin, editor or viewer")
    .option("--scope <scope>", "what it may do, such as probe:write; may be given many times, all that its role may do when not given", collect)
    .option("--expires <time>", "RFC 3339")
    .action(run(async ({ api, output }, { name, role, scope: scopes, expires }: { name: string; role?: string; scope?: string[]; expires?: string }) => {
      const key = await api.request<ApiKey>("POST", "/auth/api-keys", { body: { name, role, scopes, expiresAt: expires } });
      await output.one(key, [...keyColumns.slice(0, 2), { title: "key", of: (row) => row.key }]);
      output.say("keep the key now: it is not shown again");
    }));

  keys.command("revoke").argument("<id>").description("make a key worthless at once").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", `/auth/api-keys/${encodeURIComponent(id)}`);
    output.say(`revoked ${id}`);
  }));
};
