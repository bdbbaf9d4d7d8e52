/** What visitors send: a password, an address to subscribe, a step by a link from a mail. Each is limited, since each is a guess or a mail. */
import type { Call } from "#kernel/call";
import { systemCall, withTimeout } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError, toAppError } from "#kernel/errors";
import { isPagePassword } from "#ports/page_password";
import type { Quota, RateLimits } from "#ports/rate_limits";
import { type ClientIp, networkKeyOf } from "../middleware/client_ip.ts";
import type { Exchange } from "../pipeline.ts";
import type { Roles } from "../route.ts";
import type { Board } from "./board.ts";
import type { Boards } from "./boards.ts";
import type { Door } from "./door.ts";
import { askedPage, doorPage, laterPage, linkPage, notFoundPage, plainLook, refusedPage } from "./message_pages.ts";

type Html = (status: number, text: string, more?: Record<string, string>) => Response;

interface Place {
  base: string;
  html: Html;
}

export interface StatusForms {
  password(exchange: Exchange, board: Board, place: Place): Promise<Response>;
  subscribe(exchange: Exchange, board: Board, place: Place): Promise<Response>;
  link(exchange: Exchange, token: string, html: Html): Promise<Response>;
}

export interface FormParts {
  config: Pick<Roles["config"], "subscribeToPage" | "readSubscriptionLink" | "followSubscriptionLink">;
  boards: Boards;
  door: Door;
  limits: RateLimits;
  clientIp: ClientIp;
  clock: Clock;
  publicUrl: string;
}

const hourMs = 3_600_000;
const quotas = {
  password: { name: "page-password", limit: 10, windowMs: 60_000 },
  /** Of one page by everybody: each try costs a tenth of a second of a core. */
  passwords: { name: "page-passwords", limit: 300, windowMs: 60_000 },
  subscribe: { name: "page-subscribe", limit: 10, windowMs: hourMs },
  /** Of one page by everybody: a mail costs its sender reputation. */
  page: { name: "page-subscribers", limit: 300, windowMs: hourMs },
  link: { name: "page-link", limit: 60, windowMs: 60_000 },
} satisfies Record<string, Quota>;
const withinMs = 10_000;
const mostBytes = 8_192;

export function createStatusForms({ config, boards, door, limits, clientIp, clock, publicUrl }: FormParts): StatusForms {
  const callOf = (tenantId: string): Call => withTimeout(systemCall("gateway", tenantId), clock, withinMs);
  const isAllowed = async (quota: Quota, key: string) => (await limits.take(quota, key)).allowed;
  const networkOf = ({ http, peer }: Exchange) => networkKeyOf(clientIp(http, peer));

  return {
    async password(exchange, board, { base, html }) {
      const action = `${base}/password`;
      if (board.passwordHash === "") return seeOther(base);
      if (!(await isAllowed(quotas.password, `${networkOf(exchange)} ${board.pageId}`)) || !(await isAllowed(quotas.passwords, board.pageId))) return html(429, doorPage(board.document, action, "busy"), { "retry-after": "60" });
      const given = (await fieldsOf(exchange.http)).get("password") ?? "";
      if (!(await isPagePassword(given, board.passwordHash))) return html(403, doorPage(board.document, action, "wrong"));
      const isSecure = base !== "" && publicUrl.startsWith("https:");
      return seeOther(base, { "set-cookie": door.cookie(board, isSecure) });
    },
    async subscribe(exchange, board, { base, html }) {
      const { document, tenantId, pageId } = board;
      if (!document.subscribe) return html(404, notFoundPage());
      if (!(await isAllowed(quotas.subscribe, networkOf(exchange))) || !(await isAllowed(quotas.page, pageId))) return html(429, refusedPage(document, "busy", base), { "retry-after": "3600" });
      const fields = await fieldsOf(exchange.http);
      const kind = fields.get("kind") === "webhook" ? "webhook" : "email";
      if (kind === "email" && document.emailChannel === "") return html(404, notFoundPage());
      try {
        await config.subscribeToPage({ pageId, kind, address: fields.get("address") ?? "" }, callOf(tenantId));
      } catch (error) {
        const { code } = toAppError(error);
        if (code === "invalid_argument") return html(422, refusedPage(document, "address", base));
        if (code === "failed_precondition") return html(409, refusedPage(document, "busy", base));
        return html(503, laterPage(document), { "retry-after": "30" });
      }
      return html(202, askedPage(document, base));
    },
    async link(exchange, token, html) {
      if (!(await isAllowed(quotas.link, networkOf(exchange)))) return html(429, laterPage(plainLook), { "retry-after": "60" });
      try {
        const isStep = exchange.http.method === "POST";
        const said = await (isStep ? config.followSubscriptionLink({ token }, callOf("")) : config.readSubscriptionLink({ token }, callOf("")));
        return html(200, linkPage(boards.byId(said.pageId)?.board.document ?? plainLook, said));
      } catch (error) {
        const isGone = toAppError(error).code === "not_found";
        return isGone ? html(404, notFoundPage()) : html(503, laterPage(plainLook), { "retry-after": "30" });
      }
    },
  };
}

async function fieldsOf(http: Request): Promise<URLSearchParams> {
  if (Number(http.headers.get("content-length") ?? "0") > mostBytes) throw new AppError("payload_too_large", `a form has at most ${mostBytes} bytes`);
  const text = await http.text();
  return new URLSearchParams(text.length > mostBytes ? "" : text);
}

function seeOther(base: string, more: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { location: base || "/", "cache-control": "no-store", ...more } });
}
