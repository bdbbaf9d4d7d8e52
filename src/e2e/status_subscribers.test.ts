/** Subscribing to a status page of the built executable: nobody is written to twice who did not say yes, and everybody gets out by one press. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { signIn, type Send } from "../testing/api_client.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, eventually, owner, type Product, type ProductFolder } from "../testing/start_product.ts";

let folder: ProductFolder;
let product: Product;
let site: FakeSite;
let mailbox: Mailbox;
let api: Send;
let pageId: string;
let checkId: string;

const form = (fields: Record<string, string>) => fetch(`${product.http}/status/news/subscribe`, { method: "POST", body: new URLSearchParams(fields) });
/** Links lead to the page's own domain; a test reaches the same gateway by its address. */
const linkIn = (text: string) => /\/status\/-\/link\/[\w.-]+/.exec(text.slice(Math.max(0, text.search(/\r?\n\r?\n/))).replaceAll(/=\r?\n/g, "").replaceAll("=3D", "="))![0];
const step = (link: string, method: string) => fetch(product.http + link, { method });
const subscribers = async () => (await api("GET", `/status-pages/${pageId}/subscribers`)).json["items"] as { id: string; kind: string; address: string; confirmedAt: string | null }[];

beforeAll(async () => {
  folder = createProductFolder();
  [site, mailbox, product] = await Promise.all([startFakeSite(), startMailbox(), folder.start("--egress-allow", "127.0.0.0/8", "--public-url", "http://uptime.example")]);
  api = await signIn(product.http, owner);
  const channel = (await api("POST", "/channels", { json: { type: "email", name: "Mail", settings: { host: "127.0.0.1", port: mailbox.smtpPort, from: "status@shop.example", to: ["ops@shop.example"] } } })).json;
  await api("POST", "/routes", { json: { name: "nobody", matchers: [], channels: [], stop: true } });
  checkId = (await api("POST", "/checks", { json: { name: "Shop", type: "http", target: { url: `${site.url}/` }, failureThreshold: 1, recoveryThreshold: 1, retries: 0, schedule: { every: "1s" } } })).json["id"] as string;
  const made = await api("POST", "/status-pages", { json: { slug: "news", title: "News", published: true, domain: "news.shop.example", subscribe: true, emailChannel: channel["id"], groups: [{ checks: [checkId] }] } });
  expect([made.status, made.text]).toEqual([201, expect.anything()]);
  pageId = made.json["id"] as string;
}, 60_000);
afterAll(async () => {
  await Promise.all([folder?.[Symbol.asyncDispose](), site?.close(), mailbox?.close()]);
});

const mailsTo = (address: string) => mailbox.mails.filter(({ to }) => to.includes(address));

test("an address is subscribed once its owner has pressed the button behind the link, and not before", async () => {
  expect((await form({ kind: "email", address: "Ann@Example.com" })).status).toBe(202);
  expect((await form({ kind: "email", address: "ann@example.com" })).status).toBe(202);
  const [mail] = await eventually("the mail that asks", () => mailsTo("ann@example.com"), (mails) => mails.length > 0);
  expect(mail!.header("subject")).toContain("Confirm your subscription");
  const link = linkIn(mail!.text);
  expect((await subscribers()).map(({ address, confirmedAt }) => [address, confirmedAt])).toEqual([["ann@example.com", null]]);
  // Programs that look at mails follow links: that alone subscribes nobody.
  expect(await (await step(link, "GET")).text()).toContain("<button>Confirm the subscription</button>");
  expect((await subscribers())[0]!.confirmedAt).toBeNull();
  expect(await (await step(link, "POST")).text()).toContain("You are subscribed");
  expect((await subscribers())[0]!.confirmedAt).not.toBeNull();
  expect(mailsTo("ann@example.com")).toHaveLength(1);
}, 60_000);

test("a webhook confirms in the same way and is signed from then on", async () => {
  expect((await form({ kind: "webhook", address: `${mailbox.url}/hook` })).status).toBe(202);
  const [asked] = await eventually("the request that asks", () => mailbox.received.filter(({ path }) => path.endsWith("/hook")), (all) => all.length > 0);
  const { links, secret } = asked!.json!.data["status"] as { links: { confirm: string }; secret: string };
  expect(secret).toStartWith("whsec_");
  expect((await step(linkIn(links.confirm), "POST")).status).toBe(200);
}, 60_000);

test("whoever confirmed hears of a note once, with a way out in every mail", async () => {
  const note = await api("POST", `/status-pages/${pageId}/notes`, { json: { title: "Slow", components: [checkId], updates: [{ state: "investigating", text: "We look at it." }] } });
  expect(note.status).toBe(201);
  const news = () => mailsTo("ann@example.com").filter((mail) => mail.header("subject").includes("Investigating: Slow"));
  const [mail] = await eventually("the mail", news, (mails) => mails.length > 0);
  expect(mail!.header("list-unsubscribe-post")).toBe("List-Unsubscribe=One-Click");
  expect(mail!.header("list-unsubscribe")).toMatch(/^<https:\/\/news\.shop\.example\/status\/-\/link\//);
  const hooks = () => mailbox.received.filter(({ json }) => json?.type === "status.note");
  const [hook] = await eventually("the webhook", hooks, (all) => all.length > 0);
  expect(hook!.headers["webhook-signature"]).toStartWith("v1,");
  expect(hook!.json!.data["status"]).toMatchObject({ note: { title: "Slow", text: "We look at it." }, page: { url: "https://news.shop.example/" } });
  const silent = await api("PATCH", `/status-pages/${pageId}/notes/${note.json["id"] as string}`, { json: { version: 1, notify: false, title: "Still slow" } });
  expect(silent.status).toBe(200);
  const ledger = (await api("GET", "/notifications?limit=200")).json["items"] as { eventType: string; state: string }[];
  expect(ledger.filter(({ eventType }) => eventType === "status.note").map(({ state }) => state)).toEqual(["sent", "sent"]);
}, 60_000);

test("an incident that the page shows is told when it begins and when it is over, without its error", async () => {
  await site.setBehaviour({ status: 503 });
  await eventually("the mail of its beginning", () => mailsTo("ann@example.com").map((mail) => mail.header("subject")), (subjects) => subjects.includes("[News] Investigating: Shop"));
  await site.setBehaviour({ status: 200 });
  await eventually("the mail of its end", () => mailsTo("ann@example.com").map((mail) => mail.header("subject")), (subjects) => subjects.includes("[News] Resolved: Shop"));
  for (const mail of mailsTo("ann@example.com")) expect(mail.text).not.toContain("503");
}, 60_000);

test("one press ends it, twice does no harm, and a forged link is nobody's", async () => {
  const link = /<https:\/\/news\.shop\.example([^>]+)>/.exec(mailsTo("ann@example.com").at(-1)!.header("list-unsubscribe"))![1]!;
  expect((await step(link, "POST")).status).toBe(200);
  expect((await step(link, "POST")).status).toBe(200);
  expect((await subscribers()).map(({ kind }) => kind)).toEqual(["webhook"]);
  expect((await step(`${link.slice(0, -2)}xx`, "POST")).status).toBe(404);
  const [hook] = await subscribers();
  expect((await api("DELETE", `/status-pages/${pageId}/subscribers/${hook!.id}`)).status).toBe(204);
  expect(await subscribers()).toEqual([]);
});

test("what is no address is refused, and nobody subscribes without end", async () => {
  expect((await form({ kind: "email", address: "not an address" })).status).toBe(422);
  const statuses = [];
  for (let i = 0; i < 12; i++) statuses.push((await form({ kind: "email", address: `p${i}@example.com` })).status);
  expect(statuses).toContain(429);
});
