import { expect, test } from "bun:test";
import type { Call } from "#kernel/call";
import { callAs, refusalOf } from "../../testing/notification_role.ts";
import { type AlertingScene, dayMs, openAlerting } from "../../testing/alerting_scene.ts";

const editor = callAs("editor");
const publicUrl = "https://ping.example";

/** An incident role with one incident, and what was asked of it. */
function fakeIncidents() {
  const asked: { id: string; tenantId: string; actor: Call["actor"] }[] = [];
  const incident = { checkName: "Shop", state: "open", severity: "critical", startedAtMs: 1, causes: [{ message: "status 503" }] };
  return {
    asked,
    incident,
    api: {
      getIncident: async () => incident,
      async acknowledgeIncident({ id }: { id: string }, call: Call) {
        asked.push({ id, tenantId: call.tenantId, actor: call.actor });
        incident.state = "acknowledged";
        return incident;
      },
    },
  };
}

async function openLinked() {
  const incidents = fakeIncidents();
  const scene = await openAlerting({ publicUrl, incident: incidents.api });
  const hook = await scene.channel("hook");
  await scene.take({ channels: [hook] });
  const link = String(linksOf(scene)["acknowledge"]);
  return { incidents, scene, hook, token: link.replace(`${publicUrl}/ack/`, "") };
}

const linksOf = ({ mailbox }: AlertingScene) => mailbox.received.at(-1)!.json!.data["links"] as Record<string, string | null>;
const press = (scene: AlertingScene, token: string) => Promise.resolve(scene.role.api.acknowledgeByLink({ token } as never, callAs("viewer", "")));

test("a message names its incident, its check and a link that acknowledges, and without a public URL none of them", async () => {
  const { scene } = await openLinked();
  await using _scene = scene;
  expect(linksOf(scene)).toMatchObject({ incident: `${publicUrl}/incidents/inc_1`, check: `${publicUrl}/checks/chk_1` });
  await scene.take({ type: "incident.resolved", sequence: 2 });
  expect(linksOf(scene)["acknowledge"]).toBeNull();

  await using plain = await openAlerting();
  await plain.channel("hook");
  await plain.take();
  expect(linksOf(plain)).toEqual({ incident: null, check: null, acknowledge: null });
});

test("whoever presses it acknowledges, once, in the name of the channel; after that it says how things stand", async () => {
  const { scene, incidents, token } = await openLinked();
  await using _scene = scene;
  const before = await scene.role.api.readAcknowledgeLink({ token } as never, callAs("viewer", ""));
  expect(before).toMatchObject({ checkName: "Shop", state: "open", reason: "status 503", channelName: "hook" });
  expect(incidents.asked).toEqual([]);
  expect(await press(scene, token)).toMatchObject({ state: "acknowledged" });
  expect(await press(scene, token)).toMatchObject({ state: "acknowledged" });
  expect(incidents.asked).toMatchObject([{ id: "inc_1", tenantId: "ten_1", actor: { id: "link:hook", role: "editor" } }]);
});

test("one that has ended, was forged, or was made for somebody or something else is refused alike, as is that of a deleted channel", async () => {
  const { scene, incidents, token, hook } = await openLinked();
  await using _scene = scene;
  const [tenant, incident, sealed] = token.split(".");
  const forged = [
    "",
    "x",
    "..",
    `${tenant}.${incident}`,
    `${tenant}.${incident}.`,
    `ten_2.${incident}.${sealed}`,
    `${tenant}.inc_2.${sealed}`,
    `${tenant}.${incident}.${Buffer.from("{}").toString("base64url")}`,
    `${token}.more`,
    token.slice(0, -8),
    "a.".repeat(5_000),
  ];
  const refusals = await Promise.all(forged.map((one) => refusalOf(press(scene, one))));
  const refused = { code: "not_found", message: "this link is not known, or has ended" };
  for (const refusal of refusals) expect(refusal).toMatchObject(refused);

  await scene.later(7 * dayMs - 1);
  expect(await scene.role.api.readAcknowledgeLink({ token } as never, callAs("viewer", ""))).toMatchObject({ state: "open" });
  await scene.later(1);
  expect(await refusalOf(press(scene, token))).toMatchObject(refused);

  await scene.take({ incidentId: "inc_3", channels: [hook] });
  const fresh = String(linksOf(scene)["acknowledge"]).replace(`${publicUrl}/ack/`, "");
  await scene.role.api.deleteChannel({ id: hook } as never, editor);
  expect(await refusalOf(press(scene, fresh))).toMatchObject(refused);
  expect(incidents.asked).toEqual([]);
});

test("of two who press at once both are told that it is acknowledged", async () => {
  const { scene, incidents, token } = await openLinked();
  await using _scene = scene;
  const acknowledge = incidents.api.acknowledgeIncident;
  const { AppError } = await import("#kernel/errors");
  incidents.api.acknowledgeIncident = async (request, call) => {
    if (incidents.incident.state !== "open") throw new AppError("failed_precondition", "it is acknowledged already");
    return acknowledge(request, call);
  };
  expect(await Promise.all([press(scene, token), press(scene, token)])).toMatchObject([{ state: "acknowledged" }, { state: "acknowledged" }]);
});
