/** The main job on real input: the story of the README, told by the built executable however it is deployed. */
import { expect } from "bun:test";
import { deployments, type Deployment } from "../testing/deployments.ts";
import { startFakeSite } from "../testing/fake_site.ts";
import { startMailbox } from "../testing/mailbox.ts";
import { testWith } from "../testing/needs_service.ts";
import { eventually, owner } from "../testing/start_product.ts";

interface Status {
  state: string;
}
interface Page<T> {
  items: T[];
}
interface Incident {
  id: string;
  state: string;
  timeline: { type: string; reason: string }[];
}

for (const deployment of deployments) {
  testWith(deployment.needs, `${deployment.name}: a site goes down and comes back, everything dies in between, and people are told once of each`, () => tellOfAnOutage(deployment), 120_000);
}

async function tellOfAnOutage(deployment: Deployment): Promise<void> {
  await using deployed = await deployment.open();
  const site = await startFakeSite({ status: 200 });
  const mailbox = await startMailbox();
  const first = deployed.product;

  const login = await first.cli("login", "--url", first.http, "--email", owner.email, "--password-stdin");
  expect(login).toMatchObject({ code: 0 });
  const channel = await first.cli("channels", "create", "--name", "Hook", "--webhook", mailbox.url);
  expect(channel).toMatchObject({ code: 0 });
  const created = await first.api<{ id: string }>("POST", "/checks", {
    name: "Shop",
    type: "http",
    target: { url: `${site.url}/health` },
    schedule: { every: "1s" },
    retries: 0,
    failureThreshold: 2,
    recoveryThreshold: 2,
  });
  expect(created.status).toBe(201);
  const id = created.body.id;
  const isState = (state: string) => (answer: { body: Status }) => answer.body.state === state;
  await eventually("the check is up", () => first.api<Status>("GET", `/checks/${id}/status`), isState("up"));

  await site.setBehaviour({ status: 503 });
  await eventually("somebody is told", () => typesOf(mailbox), (types) => types.length > 0);
  expect(typesOf(mailbox)).toEqual(["incident.opened"]);

  // Delivery is at least once: a process that dies before it has noted the answer sends again, under the same id.
  await eventually("the ledger knows it was sent", () => first.api<Page<{ state: string }>>("GET", "/notifications?state=sent"), ({ body }) => body.items.length === 1);

  await deployed.killAll();
  const second = deployed.product;
  await eventually("it is seen to be down again", () => second.api<Status>("GET", `/checks/${id}/status`), isState("down"));
  await site.setBehaviour({ status: 200 });
  await eventually("somebody is told that it is over", () => typesOf(mailbox), (types) => types.includes("incident.resolved"));
  await eventually("the check is up again", () => second.api<Status>("GET", `/checks/${id}/status`), isState("up"));
  expect(typesOf(mailbox)).toEqual(["incident.opened", "incident.resolved"]);

  const incidents = await second.api<Page<Incident>>("GET", `/incidents?checkId=${id}`);
  expect(incidents.body.items.length).toBe(1);
  const incident = await second.api<Incident>("GET", `/incidents/${incidents.body.items[0]!.id}`);
  expect(incident.body.state).toBe("resolved");
  expect(incident.body.timeline.map((entry) => entry.type)).toEqual(["opened", "resolved"]);
  const ledger = await second.api<Page<{ eventType: string; state: string }>>("GET", `/notifications?incidentId=${incident.body.id}`);
  expect(ledger.body.items.map((one) => `${one.eventType} ${one.state}`).toSorted()).toEqual(["incident.opened sent", "incident.resolved sent"]);

  expect(new Set(await deployed.stopAll())).toEqual(new Set([0]));
  await site.close();
  await mailbox.close();
}

function typesOf(mailbox: { received: { body: unknown }[] }): string[] {
  return mailbox.received.map(({ body }) => (typeof body === "string" ? (JSON.parse(body) as { type: string }) : (body as { type: string })).type);
}
