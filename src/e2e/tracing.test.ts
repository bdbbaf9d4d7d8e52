/** One trace from the request, or the due slot, to the message that somebody receives: in one process and in two. */
import { expect, test } from "bun:test";
import { type FakeCollector, type SentSpan, startFakeCollector } from "../testing/fake_collector.ts";
import { startFakeSite } from "../testing/fake_site.ts";
import { freePorts } from "../testing/free_ports.ts";
import { startMailbox } from "../testing/mailbox.ts";
import { peerFlags } from "../testing/peer_flags.ts";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callersSpan = "00f067aa0ba902b7";
const ownTargets = ["--egress-allow", "127.0.0.0/8"];

async function checkWith(product: Product, urls: { site: string; hook: string }, every: string): Promise<string> {
  const channel = await product.api<{ id: string }>("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: urls.hook } });
  const check = await product.api<{ id: string }>("POST", "/checks", { name: "Shop", type: "http", target: { url: urls.site }, schedule: { every }, retries: 0, failureThreshold: 1, channels: [channel.body.id] });
  expect([channel.status, check.status]).toEqual([201, 201]);
  return check.body.id;
}

/** Asks until there is a run of it: a check that was just created may not have reached everybody. */
async function runNow(product: Product, checkId: string, traceparent: string): Promise<void> {
  const headers = { authorization: `Bearer ${await product.token()}`, traceparent };
  await eventually("it is run", () => fetch(`${product.http}/api/v1/checks/${checkId}/run`, { method: "POST", headers }), ({ status }) => status === 202);
}

function one(collector: FakeCollector, name: string, within = traceId): SentSpan {
  const found = collector.spans.filter((span) => span.name === name && span.traceId === within);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0]!;
}

const fromResultToMessage = ["notify webhook", "process notifications", "publish notifications", "decide incident", "process check_results", "publish check_results", "process check_tasks", "publish check_tasks"];
const request = "POST /checks/{id}/run";

test("a call that comes with a trace is followed to the webhook, which can go on with it", async () => {
  await using folder = createProductFolder();
  using collector = startFakeCollector();
  const site = await startFakeSite({ status: 500 });
  const mailbox = await startMailbox();
  const product = await folder.start("--otlp-url", collector.url, "--otlp-headers", "x-collector-key=abc, x-other=d=e", "--trace-ratio", "0", ...ownTargets, "--log-level", "debug");
  const id = await checkWith(product, { site: `${site.url}?token=hunter2`, hook: mailbox.url }, "1d");
  await runNow(product, id, `00-${traceId}-${callersSpan}-01`);
  await eventually("it is told", () => mailbox.received.length, (count) => count === 1);
  await eventually("the trace is whole", () => collector.spans.map(({ name }) => name), (names) => names.includes(request) && names.includes("notify webhook"));
  await product.stop();

  const told = one(collector, "notify webhook");
  const received = mailbox.received[0]!;
  expect(received.headers["traceparent"]).toBe(`00-${traceId}-${told.spanId}-01`);
  expect(received.body).not.toContain(traceId);
  expect(collector.pathOf(told)).toEqual([...fromResultToMessage, "uptimeping.scheduler.v1.SchedulerService/RunNow", request]);
  expect(one(collector, request)).toMatchObject({ parentSpanId: callersSpan, kind: 2, attributes: { "http.response.status_code": 202, "http.route": "/checks/{id}/run" } });
  const probe = one(collector, "probe http");
  expect(probe.attributes).toMatchObject({ "uptimeping.status": "down", "error.type": "http_status", "uptimeping.code": 500, "uptimeping.check_id": id });
  expect(probe.attributes["uptimeping.phase.connectMs"]).toBeGreaterThan(0);
  expect(probe.endMs).toBeGreaterThan(probe.startMs);
  for (const name of ["probe http", "store result"]) expect(collector.pathOf(one(collector, name))[1]).toBe("process check_tasks");
  expect(one(collector, "decide incident").attributes).toMatchObject({ "uptimeping.reason": "failure_threshold_reached", "uptimeping.effect": "open" });
  // Nothing else is traced, and nothing secret.
  expect(collector.spans.filter((span) => span.traceId !== traceId)).toEqual([]);
  expect(JSON.stringify(collector.spans)).not.toContain("hunter2");
  expect(collector.headers[0]).toMatchObject({ "x-collector-key": "abc", "x-other": "d=e" });
  expect(product.log().split("\n").filter((line) => line.includes(`"traceId":"${traceId}"`)).length).toBeGreaterThan(0);
  await site.close();
  await mailbox.close();
}, 60_000);

test("a due slot begins a trace, and so does a call without one; the roles may be apart", async () => {
  await using frontFolder = createProductFolder();
  await using backFolder = createProductFolder();
  using collector = startFakeCollector();
  const [frontPort, backPort] = freePorts(2) as [number, number];
  const back = ["scheduler", "core", "incident", "notification"];
  const front = ["gateway", "auth", "config", "forge", "metrics", "cli"];
  const common = ["--peer-token", "known", "--otlp-url", `${collector.url}/v1/traces`, "--trace-ratio", "1", ...ownTargets];
  const site = await startFakeSite({ status: 200 });
  const mailbox = await startMailbox();
  const frontProcess = await frontFolder.start("--role", front.join(","), "--grpc-port", String(frontPort), ...peerFlags(back, `127.0.0.1:${backPort}`), ...common);
  const backProcess = await backFolder.start("--role", back.join(","), "--grpc-port", String(backPort), ...peerFlags(front, `127.0.0.1:${frontPort}`), ...common);
  await eventually("the roles have found each other", () => frontProcess.api("GET", "/channels"), ({ status }) => status === 200);
  const id = await checkWith(frontProcess, { site: site.url, hook: mailbox.url }, "1s");
  await eventually("it is up", () => frontProcess.api<{ state?: string }>("GET", `/checks/${id}/status`), ({ body }) => body.state === "up");
  await site.setBehaviour({ status: 500 });
  await eventually("it is told", () => mailbox.received.length, (count) => count === 1);

  const header = mailbox.received[0]!.headers["traceparent"]!;
  const told = await eventually("the trace is whole", () => collector.spans.find(({ spanId }) => spanId === header.split("-")[2]), (span) => span !== undefined && collector.pathOf(span).at(-1) === "schedule slot");
  expect(header).toBe(`00-${told!.traceId}-${told!.spanId}-01`);
  expect(collector.pathOf(told!)).toEqual([...fromResultToMessage, "schedule slot"]);
  const call = "uptimeping.notification.v1.NotificationService/RegisterChannel";
  const served = await eventually("the call is known on both sides", () => collector.spans.find(({ name, kind }) => name === call && kind === 2), (span) => span !== undefined && collector.pathOf(span).length === 3);
  expect(collector.pathOf(served!)).toEqual([call, call, "POST /channels"]);
  await backProcess.stop();
  await frontProcess.stop();
  await site.close();
  await mailbox.close();
}, 60_000);

test("the trace goes on after a crash: it is kept with the event", async () => {
  await using folder = createProductFolder();
  using collector = startFakeCollector();
  const site = await startFakeSite({ status: 500 });
  const mailbox = await startMailbox();
  mailbox.respondBy(() => "hang");
  const first = await folder.start("--otlp-url", collector.url, "--trace-ratio", "0", ...ownTargets);
  const id = await checkWith(first, { site: site.url, hook: mailbox.url }, "1d");
  await runNow(first, id, `00-${traceId}-${callersSpan}-01`);
  await eventually("it is being told", () => mailbox.received.length, (count) => count === 1);
  await first.kill();
  mailbox.respondBy(() => 200);
  // Without a collector nothing is recorded, and the trace still passes through.
  const second = await folder.start(...ownTargets);
  await eventually("it is told again", () => mailbox.received.length, (count) => count === 2);
  expect(mailbox.received.map(({ headers }) => headers["traceparent"]?.split("-")[1])).toEqual([traceId, traceId]);
  await second.stop();
  await site.close();
  await mailbox.close();
}, 60_000);

test("a collector that is away costs one line in the log and nothing else", async () => {
  await using folder = createProductFolder();
  const site = await startFakeSite({ status: 500 });
  const mailbox = await startMailbox();
  const [nobody] = freePorts(1) as [number];
  const product = await folder.start("--otlp-url", `http://127.0.0.1:${nobody}`, "--trace-ratio", "1", ...ownTargets);
  await checkWith(product, { site: site.url, hook: mailbox.url }, "1s");
  await eventually("it is told", () => mailbox.received.length, (count) => count === 1);
  const warned = () => product.log().split("\n").filter((line) => line.includes("the collector does not take spans")).length;
  await eventually("it is said", warned, (count) => count === 1);
  await site.setBehaviour({ status: 200 });
  await eventually("its end is told", () => mailbox.received.length, (count) => count === 2);
  expect(await product.stop()).toBe(0);
  expect(warned()).toBe(1);
  await site.close();
  await mailbox.close();
}, 60_000);
