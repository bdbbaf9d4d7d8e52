import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { bearer, startTestGateway } from "../test_gateway.ts";

const many = Array.from({ length: 100 }, (_, i) => create(CheckSchema, { id: `chk_${i}`, name: `Shop ${i}`, type: "http" }));
const roles = {
  config: { listChecks: () => Promise.resolve({ items: many }), getCheck: () => Promise.resolve({ ...many[0]!, name: "x".repeat(5_000) }) },
  scheduler: { listSchedules: () => Promise.resolve({ items: [] }) },
};

async function ask(path: string, accepted: string) {
  await using gateway = startTestGateway(roles);
  const response = await gateway.fetch(`/api/v1${path}`, { headers: { ...bearer("viewer"), "accept-encoding": accepted }, decompress: false } as RequestInit);
  return { headers: response.headers, bytes: await response.bytes() };
}

describe("an answer", () => {
  test("of some size is compressed for whoever can read that, and says so to caches", async () => {
    const plain = await ask("/checks", "identity");
    const packed = await ask("/checks", "gzip, deflate, br");
    expect([plain, packed].map(({ headers }) => [headers.get("content-encoding"), headers.get("vary")])).toEqual([[null, "Accept-Encoding"], ["gzip", "Accept-Encoding"]]);
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 5);
    expect(Buffer.from(Bun.gunzipSync(packed.bytes)).toString()).toBe(Buffer.from(plain.bytes).toString());
    expect((await ask("/checks", "zstd")).headers.get("content-encoding")).toBe("zstd");
    expect((await ask("/checks", "gzip;q=0")).headers.get("content-encoding")).toBeNull();
  });

  test("that is small, or is named by an ETag, goes out as it is", async () => {
    expect((await ask("/version", "gzip")).headers.get("content-encoding")).toBeNull();
    const tagged = await ask("/checks/chk_0", "gzip");
    expect([tagged.headers.get("etag"), tagged.headers.get("content-encoding"), tagged.bytes.length > 5_000]).toEqual(['"0"', null, true]);
  });

  test("that is a stream of events goes out as it comes", async () => {
    await using gateway = startTestGateway({ core: { watchResults: async function* () {} }, incident: { watchIncidents: async function* () {} }, notification: { watchNotifications: async function* () {} } } as never);
    const leaving = new AbortController();
    const response = await gateway.fetch("/api/v1/events", { headers: { ...bearer("viewer"), "accept-encoding": "gzip" }, signal: leaving.signal });
    expect([response.headers.get("content-type"), response.headers.get("content-encoding")]).toEqual([expect.stringContaining("text/event-stream"), null]);
    leaving.abort();
  });
});
