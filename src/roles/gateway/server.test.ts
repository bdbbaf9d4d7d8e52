import { connect } from "node:net";
import { describe, expect, test } from "bun:test";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { create } from "@bufbuild/protobuf";
import { AppError } from "#kernel/errors";
import { bearer, json, startTestGateway, tokenOf } from "./test_gateway.ts";
import type { Problem } from "./middleware/problem.ts";

async function problemIn(response: Response): Promise<Problem> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get("x-request-id")!);
  expect(problem.title).not.toBe("");
  return problem;
}

/** Bytes as they are, for what `fetch` would tidy up. */
function raw(origin: string, text: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on("data", (data) => (answer += data.toString()));
    socket.on("end", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("bad input becomes a problem document", () => {
  const auth = bearer("owner");
  const cases: [string, string, RequestInit, number, string, string?][] = [
    ["no credentials", "/checks", {}, 401, "unauthenticated"],
    ["a broken Authorization header", "/checks", { headers: { authorization: "Basic eDp5" } }, 401, "unauthenticated"],
    ["an unknown token", "/checks", { headers: { authorization: `Bearer ${tokenOf("nobody")}` } }, 401, "unauthenticated"],
    ["an unknown key", "/checks", { headers: { "x-api-key": "upk_nobody" } }, 401, "unauthenticated"],
    ["an unknown route", "/nope", { headers: auth }, 404, "not_found"],
    ["an unknown method", "/checks/test", { method: "PUT", headers: auth }, 405, "method_not_allowed"],
    ["malformed JSON", "/schedules", { method: "POST", headers: { ...auth, "content-type": "application/json" }, body: "{" }, 400, "malformed"],
    ["an empty body", "/schedules", { method: "POST", headers: { ...auth, "content-type": "application/json" } }, 400, "malformed"],
    ["a body nested too deep", "/checks", { method: "POST", headers: { ...auth, "content-type": "application/json" }, body: `${"[".repeat(9_000)}${"]".repeat(9_000)}` }, 400, "malformed"],
    ["half a surrogate pair", "/checks", json("POST", { name: "\ud800" }), 400, "malformed"],
    ["half a surrogate pair as a name", "/checks", json("POST", { headers: { "\udc00": "x" } }), 400, "malformed"],
    ["a number beyond all bounds", "/checks", { method: "POST", headers: { ...auth, "content-type": "application/json" }, body: '{"timeoutMs": 1e400}' }, 400, "malformed"],
    ["a field that would become a prototype", "/checks/c", { ...json("PATCH", {}), body: '{"version": 1, "target": {"__proto__": {"url": "http://x.example"}}}' }, 400, "malformed"],
    ["a parameter named like a prototype", "/checks?__proto__=x", { headers: auth }, 422, "invalid_argument", "/__proto__"],
    ["a wrong content type", "/schedules", { method: "POST", headers: { ...auth, "content-type": "text/plain" }, body: "{}" }, 415, "unsupported_media_type"],
    ["a form", "/schedules", { method: "POST", headers: { ...auth, "content-type": "application/x-www-form-urlencoded" }, body: "a=b" }, 415, "unsupported_media_type"],
    ["a large body", "/schedules", json("POST", { checkId: "x".repeat(3_000_000) }), 413, "payload_too_large"],
    ["a missing field", "/schedules", json("POST", { every: "1m" }), 422, "invalid_argument", "/checkId"],
    ["an unknown field", "/schedules", json("POST", { checkId: "c", evry: "1m" }), 422, "invalid_argument", "/evry"],
    ["a wrong type", "/schedules", json("POST", { checkId: 7 }), 422, "invalid_argument", "/checkId"],
    ["a body that is no object", "/checks", json("POST", [1]), 422, "invalid_argument", ""],
    ["an unknown query parameter", "/checks?serch=x", { headers: auth }, 422, "invalid_argument", "/serch"],
    ["a limit out of range", "/checks?limit=201", { headers: auth }, 422, "invalid_argument", "/limit"],
    ["a limit that is no number", "/checks?limit=ten", { headers: auth }, 422, "invalid_argument", "/limit"],
    ["a parameter given twice", "/checks?limit=1&limit=2", { headers: auth }, 422, "invalid_argument", "/limit"],
    ["a query where none is known", "/auth/me?x=1", { headers: auth }, 422, "invalid_argument", "/x"],
    ["an unknown window", "/checks/c/uptime?window=1y", { headers: auth }, 422, "invalid_argument", "/window"],
    ["a time that is none", "/checks/c/results?from=yesterday", { headers: auth }, 422, "invalid_argument", "/from"],
    ["no version to change", "/checks/c", json("PATCH", { name: "x" }), 422, "invalid_argument", "/version"],
    ["an If-Match that is no version", "/checks/c", json("PATCH", { name: "x" }, { ...auth, "if-match": "latest" }), 422, "invalid_argument", "/version"],
    ["an unknown field in the schedule of a check", "/checks", json("POST", { schedule: { evry: "1m" } }), 422, "invalid_argument", "/schedule/evry"],
    ["an id to test that is none", "/checks/test", json("POST", { id: 7, name: "x" }), 422, "invalid_argument", "/id"],
    ["an unknown member role", "/members", json("POST", { email: "a@b.c", role: "king" }), 422, "invalid_argument", "/role"],
  ];

  for (const [what, path, init, status, code, pointer] of cases) {
    test(`${what}: ${status} ${code}`, async () => {
      await using gateway = startTestGateway();
      const response = await gateway.fetch(`/api/v1${path}`, init);
      expect(response.status).toBe(status);
      const problem = await problemIn(response);
      expect(problem.code).toBe(code);
      if (pointer !== undefined) expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
    });
  }

  test("a body that is streamed without a length is cut off at the limit", async () => {
    await using gateway = startTestGateway({}, { settings: { maxBodyBytes: 2_048 } });
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_024).fill(32));
      },
    });
    const response = await gateway.fetch("/api/v1/schedules", { method: "POST", headers: { ...bearer("owner"), "content-type": "application/json" }, body });
    expect(response.status).toBe(413);
    expect((await problemIn(response)).code).toBe("payload_too_large");
  });

  test("a wrong method names the right ones", async () => {
    await using gateway = startTestGateway();
    const response = await gateway.fetch("/api/v1/checks/chk_1/status", { method: "POST" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });

  test("what a role refuses comes out with its code, its fields and its time to wait", async () => {
    await using gateway = startTestGateway({
      config: {
        createCheck: () => Promise.reject(new AppError("invalid_argument", "the check is not valid", { fields: [{ pointer: "/target/url", message: "required" }] })),
        getCheck: () => Promise.reject(new AppError("not_found", 'no check "chk_2"')),
        deleteCheck: () => Promise.reject(new AppError("version_conflict", "changed by somebody else")),
      },
      core: { getCheckStatus: () => Promise.reject(new AppError("unavailable", "core is busy", { retryAfterS: 7 })) },
    });
    const created = await gateway.fetch("/api/v1/checks", json("POST", { name: "x" }));
    expect([created.status, (await problemIn(created)).errors]).toEqual([422, [{ pointer: "/target/url", message: "required" }]]);
    expect((await gateway.fetch("/api/v1/checks/chk_2", { headers: bearer("viewer") })).status).toBe(404);
    expect((await gateway.fetch("/api/v1/checks/chk_2", { method: "DELETE", headers: bearer("editor") })).status).toBe(409);
    const busy = await gateway.fetch("/api/v1/checks/chk_2/status", { headers: bearer("viewer") });
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([503, "7"]);
  });

  test("an unexpected error becomes 500 and keeps its message to itself", async () => {
    await using gateway = startTestGateway({ config: { getCheck: () => Promise.reject(new Error("password=hunter2 at /srv/secret")) } });
    const response = await gateway.fetch("/api/v1/checks/chk_1", { headers: bearer("owner") });
    expect(response.status).toBe(500);
    const text = JSON.stringify(await problemIn(response));
    expect(text).not.toContain("hunter2");
    expect(text).not.toContain("/srv");
  });

  test("neither does a fault of the gateway itself", async () => {
    await using gateway = startTestGateway();
    gateway.deadLetters.push({ id: "x", tenantId: "ten_1", queue: "notifications", attempts: 1, reason: "", diedAtMs: Number.NaN });
    const problem = await problemIn(await gateway.fetch("/api/v1/dead-letters", { headers: bearer("admin") }));
    expect([problem.code, problem.detail]).toEqual(["internal", "something failed on our side: see the server's log for this request id"]);
  });

  test("a password is never repeated, however wrong the request is", async () => {
    await using gateway = startTestGateway({ auth: { login: () => Promise.reject(new AppError("unauthenticated", "e-mail or password is wrong")) } });
    for (const body of [{ email: 7, password: "hunter2" }, { email: "a@b.c", password: "hunter2", x: "hunter2" }, { password: { hunter2: "hunter2" } }, { email: "a@b.c", password: "hunter2" }]) {
      const response = await gateway.fetch("/api/v1/auth/login", json("POST", body, {}));
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.text()).not.toContain("hunter2");
    }
  });
});

describe("a path is the path", () => {
  for (const host of ["x", "a.b", "localhost", ""]) {
    test(`with "Host: ${host}" a path with something in front reaches no route`, async () => {
      await using gateway = startTestGateway();
      const answer = await raw(gateway.origin, `GET /zz/api/v1/version HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).not.toContain('"version"');
      const right = await raw(gateway.origin, `GET /api/v1/version HTTP/1.1\r\nHost: ${host === "" ? "x" : host}\r\nConnection: close\r\n\r\n`);
      expect(right).toContain('"version"');
    });
  }

  test("an encoded or broken path is an id or nothing, never a fault", async () => {
    const asked: string[] = [];
    await using gateway = startTestGateway({
      config: {
        getCheck: ({ id }) => {
          asked.push(id);
          return Promise.reject(new AppError("not_found", "no such check"));
        },
      },
    });
    for (const id of ["%zz", "%2e%2e%2fetc", "a%00b", "ü", "..%2f"]) {
      const answer = await raw(gateway.origin, `GET /api/v1/checks/${id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokenOf("viewer")}\r\nConnection: close\r\n\r\n`);
      expect(answer.slice(9, 12)).toMatch(/^4/);
    }
    expect(asked).toContain("../etc");
  });
});

describe("every answer", () => {
  test("carries a request id, the caller's own when it is well-formed", async () => {
    await using gateway = startTestGateway();
    const idOf = async (given: string) => (await gateway.fetch("/api/v1/version", { headers: { "x-request-id": given } })).headers.get("x-request-id");
    expect(await idOf("my-request-0001")).toBe("my-request-0001");
    expect(await idOf("short")).toMatch(/^req_/);
    expect(await idOf("x'; drop table --")).toMatch(/^req_/);
  });

  test("tells browsers not to guess, frame, keep or leak it", async () => {
    await using gateway = startTestGateway();
    const { headers } = await gateway.fetch("/api/v1/version");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("strict-transport-security")).toBeNull();
  });

  test("asks for https from then on when the public URL is https", async () => {
    await using gateway = startTestGateway({}, { settings: { publicUrl: "https://status.example.com" } });
    expect((await gateway.fetch("/api/v1/version")).headers.get("strict-transport-security")).toContain("max-age");
  });
});

describe("what travels to the roles", () => {
  test("tenant and actor come from the identity, trace and deadline from the request", async () => {
    let seen: unknown;
    await using gateway = startTestGateway({
      core: {
        getCheckStatus: (_request, call) => {
          seen = { ...call, signal: undefined, inMs: Math.round((call.deadlineMs - Date.now()) / 1000) };
          return Promise.resolve({ checkId: "chk_1" });
        },
      },
    });
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    await gateway.fetch("/api/v1/checks/chk_1/status", { headers: { ...bearer("editor"), traceparent, "x-tenant-id": "ten_2" } });
    expect(seen).toMatchObject({ tenantId: "ten_1", actor: { type: "user", id: "usr_editor", role: "editor", ip: "127.0.0.1" }, traceparent, inMs: 15 });
  });

  test("a client that goes away cancels the work behind it", async () => {
    const cancelled = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    await using gateway = startTestGateway({
      core: {
        getCheckStatus: (_request, call) => {
          call.signal.addEventListener("abort", () => cancelled.resolve());
          started.resolve();
          return new Promise(() => {});
        },
      },
    });
    const leaving = new AbortController();
    const request = gateway.fetch("/api/v1/checks/chk_1/status", { headers: bearer("viewer"), signal: leaving.signal });
    await started.promise;
    leaving.abort();
    await request.catch(() => {});
    await cancelled.promise;
  });

  test("a check that takes long is given its own time to be tested", async () => {
    let leftMs = 0;
    await using gateway = startTestGateway({
      config: { validateCheck: () => Promise.resolve(create(CheckSchema, { timeoutMs: 20_000, retries: 1, retryDelayMs: 1_000 })) },
      core: {
        executeCheck: (_request, call) => {
          leftMs = call.deadlineMs - Date.now();
          return Promise.resolve({ status: "up" });
        },
      },
    });
    expect((await gateway.fetch("/api/v1/checks/test", json("POST", { name: "x" }))).status).toBe(200);
    expect(Math.round(leftMs / 1000)).toBe(47);
  });
});
