/** Sends through a provider of the table: one request, or one for each recipient. */
import type { JsonValue } from "@bufbuild/protobuf";
import { isObject } from "#kernel/merge_patch";
import { type HttpAnswer, type HttpOutcome, judgeHttp, later, post, textOf } from "./http.ts";
import type { Provider, ProviderRequest, Said } from "./provider.ts";
import { redacted, secretsIn } from "./redact.ts";
import { type Answer, type Message, type Sender, type SendTools } from "./sender.ts";
import { type Told, toldBy } from "./told.ts";

type AnySettings = Record<string, unknown> & { template?: string };

export function senderOf(provider: Provider): Sender<AnySettings> {
  return async (message, settings, tools) => {
    const told = toldBy(message, provider, settings, tools.clock.now());
    const secrets = secretsIn(provider.fields, settings);
    const one = async (to: string): Promise<Answer> => {
      const request = provider.request({ ...told, to }, settings as never);
      if ("nothing" in request) return { ok: true, text: `nothing was sent: ${request.nothing}` };
      const outcome = await post(targetOf(request), tools);
      return judge(provider, redacted(outcome, secrets), tools);
    };
    if (provider.each === undefined) return one("");
    return toEach(settings[provider.each] as string[], message, one);
  };
}

/**
 * Such providers know no idempotency key, so recipients that have the message are remembered and not asked again.
 * A final refusal for one recipient does not keep the others from theirs.
 */
async function toEach(wanted: string[], message: Message, one: (to: Told["to"]) => Promise<Answer>): Promise<Answer> {
  const reached = [...message.reached];
  const failures: { to: string; answer: Answer & { ok: false } }[] = [];
  for (const to of wanted) {
    if (reached.includes(to)) continue;
    const answer = await one(to);
    if (answer.ok) reached.push(to);
    else failures.push({ to, answer });
    // The deadline is for the whole attempt; after a timeout the rest waits for the next one.
    if (!answer.ok && answer.next === "retry") break;
  }
  const text = `${reached.length} of ${wanted.length} recipients reached${failures.map((failure) => `; ${failure.to}: ${failure.answer.text}`).join("")}`;
  if (failures.length === 0) return { ok: true, text, reached };
  const again = failures.find((failure) => failure.answer.next === "retry");
  if (again?.answer.next !== "retry") return { ...failures[0]!.answer, text };
  return { ...again.answer, text, reached };
}

function targetOf({ method = "POST", url, headers = {}, json, form, plain }: ProviderRequest) {
  const [type, body] =
    json !== undefined
      ? ["application/json", JSON.stringify(json)]
      : form !== undefined
        ? ["application/x-www-form-urlencoded", new URLSearchParams(given(form)).toString()]
        : ["text/plain; charset=utf-8", plain ?? ""];
  const all = given({ "user-agent": "UptimePing", ...(method !== "GET" && { "content-type": type }), ...headers });
  return { method, url: new URL(url), headers: Object.fromEntries(all.map(([name, value]) => [name, headerValue(value)])), body };
}

function given(values: Record<string, string | undefined>): [name: string, value: string][] {
  return Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/** A line break would begin another header; what is not Latin-1 cannot be said in one. */
function headerValue(value: string): string {
  return value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, "").replace(/[^\t\u0020-\u00ff]/g, "?");
}

function judge(provider: Provider, outcome: HttpOutcome, tools: SendTools): Answer {
  const standard = judgeHttp(outcome, tools.clock.now());
  if ("failure" in outcome) return standard;
  const reading = provider.reads?.(saidIn(outcome));
  if (reading === undefined) return standard;
  const text = textOf(outcome);
  if (reading === "delivered") return { ok: true, text };
  if (reading === "refused") return { ok: false, text, next: "give_up", reason: "refused_by_receiver" };
  return later(text, String(reading.afterSeconds ?? outcome.retryAfter), tools.clock.now());
}

function saidIn({ status, body }: HttpAnswer): Said {
  return { status, body, json: jsonIn(body) };
}

function jsonIn(body: string): { [key: string]: JsonValue } {
  try {
    const value = JSON.parse(body) as JsonValue;
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
