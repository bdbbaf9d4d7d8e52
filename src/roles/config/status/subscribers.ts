/**
 * Who hears of a status page. An address counts only once its owner has followed the link that was sent to it, so that nobody
 * subscribes others; and whoever asks is told the same whether the address was known or not. Links carry their right in themselves:
 * sealed for one subscriber and one purpose.
 */
import { createHash, randomBytes } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { SubscriberSchema, SubscriptionLinkSchema } from "#contracts/uptimeping/config/v1/config_pb";
import type { Clock } from "#kernel/clock";
import { AppError, invalidField } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { idCursor, type Page, pageOf, pageSize } from "#kernel/page";
import type { StatusPageStore } from "#ports/status_pages";
import type { StatusSubscriberStore, StoredSubscriber } from "#ports/status_subscribers";
import type { Vault } from "#ports/vault";
import { documentOf, noPage } from "./pages.ts";

type Purpose = "confirm" | "unsubscribe";
type Subscriber = MessageInitShape<typeof SubscriberSchema>;

export interface Subscribers {
  subscribe(tenantId: string, asked: { pageId: string; kind: string; address: string }): Promise<void>;
  /** With what only roles may see. */
  get(tenantId: string, pageId: string, id: string): Promise<Subscriber>;
  /** What a link says; `follow` does it. */
  link(token: string, follow: boolean): Promise<MessageInitShape<typeof SubscriptionLinkSchema>>;
  /** `whole` with what only roles may see. */
  list(tenantId: string, asked: { pageId: string; limit: number; cursor: string; confirmedOnly: boolean }, whole: boolean): Promise<Page<Subscriber>>;
  remove(tenantId: string, pageId: string, id: string): Promise<void>;
  prune(): Promise<void>;
}

export interface SubscriberParts {
  pages: StatusPageStore;
  subscribers: StatusSubscriberStore;
  vault: Vault;
  clock: Clock;
  ids: Ids;
}

/** An address is asked again at most this often, whoever types it. */
const askAgainMs = 3_600_000;
const confirmWithinMs = 2 * 86_400_000;
const mostPerPage = 20_000;
const emailShape = /^[^\s@<>"(),:;[\]\\]{1,64}@[^\s@<>"(),:;[\]\\]{1,190}\.[^\s@<>"(),:;[\]\\]{2,63}$/;

export function createSubscribers({ pages, subscribers, vault, clock, ids }: SubscriberParts): Subscribers {
  const place = (tenantId: string, kind: string, id: string) => ({ tenantId, kind: `status.${kind}`, id });
  const openAddress = ({ tenantId, id, sealedAddress }: StoredSubscriber) => JSON.parse(vault.open(place(tenantId, "subscriber", id), sealedAddress)) as { address: string; secret: string };
  const tokenOf = (purpose: Purpose, { tenantId, id }: { tenantId: string; id: string }) => {
    const sealed = vault.seal(place(tenantId, purpose, id), JSON.stringify({ untilMs: purpose === "confirm" ? clock.now() + confirmWithinMs : 0 }));
    return [tenantId, id, Buffer.from(sealed).toString("base64url")].join(".");
  };

  const rightOf = (token: string): { tenantId: string; id: string; purpose: Purpose } | undefined => {
    const [tenantId = "", id = "", sealed = "", ...more] = token.slice(0, 2_000).split(".");
    if (more.length > 0) return undefined;
    for (const purpose of ["confirm", "unsubscribe"] as const) {
      try {
        const { untilMs } = JSON.parse(vault.open(place(tenantId, purpose, id), Buffer.from(sealed, "base64url").toString())) as { untilMs: number };
        return untilMs === 0 || clock.now() < untilMs ? { tenantId, id, purpose } : undefined;
      } catch {
        // Sealed for the other purpose, or by nobody.
      }
    }
    return undefined;
  };

  const shown = (subscriber: StoredSubscriber, whole: boolean): Subscriber => {
    const { id, pageId, kind, confirmedAtMs, createdAtMs } = subscriber;
    const { address, secret } = openAddress(subscriber);
    return { id, pageId, kind, address, confirmedAtMs, createdAtMs, ...(whole && { unsubscribeToken: tokenOf("unsubscribe", subscriber), webhookSecret: secret }), ...(whole && confirmedAtMs === 0 && { confirmToken: tokenOf("confirm", subscriber) }) };
  };

  return {
    async subscribe(tenantId, { pageId, kind, address: given }) {
      const page = await pages.find(tenantId, pageId);
      if (!page?.published || !documentOf(page).subscribe) throw noPage(pageId);
      const address = addressOf(kind, given);
      const addressHash = createHash("sha256").update(`${pageId}\n${kind}\n${address}`).digest("base64url");
      const known = await subscribers.findByAddress(pageId, addressHash);
      if (known && (known.confirmedAtMs > 0 || clock.now() - known.createdAtMs < askAgainMs)) return;
      if (known) await subscribers.remove(known.tenantId, known.id);
      if ((await subscribers.count(pageId)) >= mostPerPage) throw new AppError("failed_precondition", "this page takes no more subscribers");
      const id = ids.next("sub");
      const secret = kind === "webhook" ? `whsec_${randomBytes(24).toString("base64")}` : "";
      const sealedAddress = vault.seal(place(tenantId, "subscriber", id), JSON.stringify({ address, secret }));
      if (!(await subscribers.insert({ id, tenantId, pageId, kind: kind as "email", addressHash, sealedAddress, confirmedAtMs: 0, createdAtMs: clock.now() }))) return;
      const body = JSON.stringify({ kind: "confirm", subscriberId: id, via: kind });
      await pages.addUntold({ id: ids.next("stu"), tenantId, pageId, body, createdAtMs: clock.now() });
    },
    async get(tenantId, pageId, id) {
      const subscriber = await subscribers.find(tenantId, id);
      if (subscriber?.pageId !== pageId) throw noSubscriber(id);
      return shown(subscriber, true);
    },
    async link(token, follow) {
      const right = rightOf(token);
      const subscriber = right && (await subscribers.find(right.tenantId, right.id));
      if (!right || (!subscriber && right.purpose === "confirm")) throw new AppError("not_found", "this link does not work: it may have ended, or have been cut off");
      const { purpose, tenantId, id } = right;
      // Whoever unsubscribed already is told that it is so.
      if (!subscriber) return { purpose, pageId: "", address: "", done: true };
      if (follow && purpose === "confirm" && subscriber.confirmedAtMs === 0) await subscribers.confirm(tenantId, id, clock.now());
      if (follow && purpose === "unsubscribe") await subscribers.remove(tenantId, id);
      return { purpose, pageId: subscriber.pageId, address: openAddress(subscriber).address, done: follow || (purpose === "confirm" && subscriber.confirmedAtMs > 0) };
    },
    async list(tenantId, { pageId, limit, cursor, confirmedOnly }, whole) {
      if (!(await pages.find(tenantId, pageId))) throw noPage(pageId);
      const size = pageSize(limit);
      const rows = await subscribers.list(tenantId, pageId, { cursor: idCursor(cursor, "sub"), limit: size + 1, confirmedOnly });
      const { items, nextCursor } = pageOf(rows, size, ({ id }) => id);
      return { items: items.map((item) => shown(item, whole)), nextCursor };
    },
    async remove(tenantId, pageId, id) {
      const subscriber = await subscribers.find(tenantId, id);
      if (subscriber?.pageId !== pageId || !(await subscribers.remove(tenantId, id))) throw noSubscriber(id);
    },
    async prune() {
      await subscribers.prune(clock.now() - confirmWithinMs);
    },
  };
}

function noSubscriber(id: string): AppError {
  return new AppError("not_found", `no subscriber ${JSON.stringify(id.slice(0, 80))} of this page`);
}

function addressOf(kind: string, given: string): string {
  const address = given.trim();
  if (kind === "email") {
    if (!emailShape.test(address)) throw invalidField("/address", "must be an e-mail address");
    return address.toLowerCase();
  }
  if (kind !== "webhook") throw invalidField("/kind", "must be email or webhook");
  if (!/^https?:\/\//.test(address) || !URL.canParse(address) || address.length > 2_000) throw invalidField("/address", "must be an http or https address");
  return address;
}
