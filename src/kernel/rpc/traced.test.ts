import { expect, test } from "bun:test";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall } from "../call.ts";
import { systemClock } from "../clock.ts";
import { AppError } from "../errors.ts";
import { silentLog } from "../log.ts";
import { passThrough, untraced, type Tracing } from "../tracing.ts";
import type { Api, Client } from "./contract.ts";
import { localClient } from "./local.ts";
import { tracedApi, tracedClient } from "./traced.ts";

const head = "00-4bf92f3577b34da6a3ce929d0e0e4736";

test("a traced call is a span on each side, the one below the other; one that fails says its code; others cost nothing", async () => {
  const spans: string[] = [];
  const tracing: Tracing = {
    isOn: true,
    root: (_name, parent) => passThrough(parent),
    span(name, parent, { kind } = {}) {
      const no = spans.push(`${kind} ${name.split("/")[1]} below ${Number(parent.slice(36, 52))}`);
      return { traceparent: `${head}-${String(no).padStart(16, "0")}-01`, end: ({ problem = "" } = {}) => void (spans[no - 1] += ` ${problem}`) };
    },
  };
  const seen: string[] = [];
  const api: Partial<Api<typeof ConfigService>> = {
    getCheck: ({ id }, call) => (seen.push(call.traceparent), id === "" ? Promise.reject(new AppError("not_found", "no such check")) : Promise.resolve({ id })),
    async *watchChecks(_request, call) {
      seen.push(call.traceparent);
      yield {};
    },
  };
  const methods = Object.fromEntries(ConfigService.methods.map(({ localName }) => [localName, () => Promise.reject(new Error("not asked"))]));
  const served = tracedApi(ConfigService, { ...methods, ...api } as Api<typeof ConfigService>, tracing);
  const client: Client<typeof ConfigService> = tracedClient(ConfigService, localClient(ConfigService, served, systemClock, silentLog), tracing, "client");
  const call = { ...systemCall("core"), traceparent: `${head}-0000000000000099-01` };

  expect((await client.getCheck({ id: "chk_1" }, call)).id).toBe("chk_1");
  expect(await client.getCheck({ id: "" }, call).catch((error: AppError) => error.code)).toBe("not_found");
  await client.getCheck({ id: "chk_1" }, systemCall("core"));
  for await (const _ of client.watchChecks({}, call));
  expect(spans).toEqual(["client GetCheck below 99 ", "server GetCheck below 1 ", "client GetCheck below 99 not_found", "server GetCheck below 3 not_found"]);
  expect(seen).toEqual([`${head}-0000000000000002-01`, `${head}-0000000000000004-01`, "", call.traceparent]);
  expect(tracedClient(ConfigService, client, untraced, "client")).toBe(client);
});
