/** An address, tried at once: one sees where the time goes before anything is saved. */
import { useEffect, useRef, useState } from "preact/hooks";
import { create, newKey, post } from "../api.ts";
import { latency } from "../format.ts";
import { rich, t } from "../i18n.ts";
import { useDoing } from "../load.ts";
import { Trouble } from "../parts/page.tsx";
import { StateBadge } from "../parts/state_badge.tsx";
import { PhasesBar } from "../result/phases_bar.tsx";
import type { Check, Result } from "../types.ts";
import { firstCheck, urlOf } from "./address.ts";

export function FirstAddress({ onDone }: { onDone: (check: Check) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const watch = useRef<HTMLButtonElement>(null);
  const [typed, setTyped] = useState("");
  const [tried, setTried] = useState<{ url: URL; result: Result }>();
  const [isNone, setNone] = useState(false);
  const [key] = useState(newKey);
  const trying = useDoing();
  const saving = useDoing();
  useEffect(() => watch.current?.focus(), [tried]);
  const attempt = async (event: Event) => {
    event.preventDefault();
    const url = urlOf(typed);
    setNone(!url);
    setTried(undefined);
    saving.clear();
    if (!url) return input.current?.focus();
    const { schedule: _when, ...document } = firstCheck(url);
    const well = await trying.run(async () => setTried({ url, result: await post<Result>("/checks/test", document) }));
    if (!well) input.current?.focus();
  };
  const save = () =>
    void saving.run(async () => {
      if (tried) onDone(await create<Check>("/checks", firstCheck(tried.url), `${key}${tried.url.href}`.slice(0, 200)));
    });
  const problem = trying.problem ?? saving.problem;
  return (
    <>
      <p class="quiet">{t("Paste the address of a page or an API. It is asked once, right now.")}</p>
      <form class="first-check" noValidate onSubmit={(event) => void attempt(event)}>
        <input
          ref={input}
          type="text"
          inputMode="url"
          aria-label={t("Address")}
          aria-invalid={isNone ? "true" : undefined}
          aria-describedby={isNone ? "address-error" : undefined}
          placeholder="https://example.com"
          autocomplete="url"
          autocapitalize="none"
          spellcheck={false}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit" class={tried ? "" : "primary"} disabled={trying.busy}>
          {trying.busy ? t("Testing…") : tried ? t("Test again") : t("Test it")}
        </button>
      </form>
      {isNone && (
        <p id="address-error" class="field-error" role="alert">
          {t("This is no address of a page: it looks like https://example.com/health")}
        </p>
      )}
      <Trouble problem={problem} rest={problem?.fields ?? []} />
      <div aria-live="polite">{tried && <Outcome result={tried.result} />}</div>
      {tried && (
        <div class="actions">
          <button ref={watch} type="button" class="primary" disabled={saving.busy} onClick={save}>
            {saving.busy ? t("Saving…") : tried.result.status === "up" ? t("Watch it every minute") : t("Watch it anyway")}
          </button>
        </div>
      )}
      <p class="quiet">
        {rich("Or begin with {tcp}, {dns}, {grpc} or {heartbeat}.", {
          tcp: <a href="/checks/new?type=tcp">{t("a TCP port")}</a>,
          dns: <a href="/checks/new?type=dns">{t("a DNS name")}</a>,
          grpc: <a href="/checks/new?type=grpc">{t("a gRPC service")}</a>,
          heartbeat: <a href="/checks/new?type=heartbeat">{t("a job that reports by itself")}</a>,
        })}
      </p>
    </>
  );
}

function Outcome({ result }: { result: Result }) {
  return (
    <div class="outcome">
      <p class="trial-head">
        <StateBadge state={result.status} /> <b class="number">{latency(result.latencyMs)}</b>
      </p>
      {result.error && <p class="result-error">{result.error.message}</p>}
      {result.phases && <PhasesBar phases={result.phases} />}
    </div>
  );
}
