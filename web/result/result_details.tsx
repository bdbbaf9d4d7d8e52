/** One result in full: what failed, where the time went, what every assertion saw, and all that was observed. */
import { latency } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { isObject, textOf } from "../pointer.ts";
import type { Json, JsonObject, Result } from "../types.ts";
import { AssertionsTable } from "./assertions_table.tsx";
import { CertificateChain } from "./certificate_chain.tsx";
import { Dialogue } from "./dialogue.tsx";
import { DnsAnswer, dnsSections } from "./dns_answer.tsx";
import { Excerpt } from "./excerpt.tsx";
import { Facts, Inside, Pairs } from "./facts.tsx";
import { Attempts, Connects, GraphqlErrors, Redirects } from "./lists.tsx";
import { LongText } from "./long_text.tsx";
import { OtherCauses, PhasesBar } from "./phases_bar.tsx";
import { RoundTrips } from "./round_trips.tsx";
import { SchemaChanges } from "./schema_changes.tsx";

export function ResultDetails({ result }: { result: Result }) {
  const { error, phases, assertions = [], attemptDetails = [], probeLagMs, lostSyns } = result;
  const observed = result.observed ?? {};
  const isHeartbeat = ["lastSuccessAt", "lastStartAt", "runDurationMs", "exitCode"].some((name) => name in observed);
  return (
    <div class="result">
      {error && (
        <p class="result-error">
          <code>{error.kind}</code> <LongText text={error.message} />
        </p>
      )}
      {phases && <PhasesBar phases={phases} probeLagMs={probeLagMs} />}
      <OtherCauses ownStallMs={numberOf(observed["ownStallMs"])} lostSyns={lostSyns || numberOf(observed["lostSyns"])} />
      {assertions.length > 0 && <AssertionsTable outcomes={assertions} />}
      <Observed result={result} observed={observed} isHeartbeat={isHeartbeat} />
      {attemptDetails.length > 1 && <Attempts attempts={attemptDetails} />}
      {!isHeartbeat && (
        <p class="quiet">
          {result.attempts > 1 && `${plural(result.attempts, "{count} attempt", "{count} attempts")}, `}
          {t("{latency} in all, from {place}", { latency: latency(result.latencyMs), place: result.location || t("here") })}
        </p>
      )}
    </div>
  );
}

/** Keys that are drawn; whatever else is observed shows among the facts. */
const drawn = new Set<string>(["excerpt", "certificate", "dialogue", "redirects", "connects", "headers", "metadata", "roundTripsMs", "errors", "schemaChanges", "ownStallMs", "lostSyns", ...dnsSections]);

function Observed({ result, observed, isHeartbeat }: { result: Result; observed: JsonObject; isHeartbeat: boolean }) {
  const { excerpt, certificate, dialogue, redirects, connects, headers, metadata, roundTripsMs, errors, schemaChanges } = observed;
  const isDns = dnsSections.some((section) => listOf(observed[section]).length > 0);
  // Runs that keep only their numbers have this one of every kind.
  const isAnswered = "status" in observed || "grpcStatus" in observed;
  const url = redirects === undefined ? "" : textOf(observed["url"]);
  const rest = Object.entries(observed).filter(([name, fact]) => !drawn.has(name) && !(isDns && (name === "records" || name === "chain")) && !(name === "url" && url !== "") && !(name === "bodyBytes" && fact === 0 && !isAnswered));
  const message = result.error?.message ?? "";
  const exchanged = objectsIn(dialogue);
  return (
    <>
      {objectsIn(schemaChanges).length > 0 && <SchemaChanges changes={objectsIn(schemaChanges)} checkId={result.checkId} />}
      {objectsIn(errors).length > 0 && <GraphqlErrors errors={objectsIn(errors)} />}
      {exchanged.length > 0 && <Dialogue turns={exchanged} failure={message} />}
      {isDns && <DnsAnswer observed={observed} />}
      {Array.isArray(roundTripsMs) && <RoundTrips times={roundTripsMs} />}
      {objectsIn(redirects).length > 0 && <Redirects hops={objectsIn(redirects)} end={url} />}
      {objectsIn(connects).length > 0 && <Connects tried={objectsIn(connects)} />}
      <Facts of={rest.filter(([, fact]) => typeof fact !== "object").concat(rest.flatMap(flatFacts))} />
      {rest.filter(([name, fact]) => isInside(name, fact)).map(([name, fact]) => <Inside key={name} name={name} fact={fact} />)}
      {isObject(certificate) && (
        <section aria-label={t("Certificates")}>
          <h3>{t("Certificates")}</h3>
          <CertificateChain certificate={certificate} at={Date.parse(result.startedAt)} />
        </section>
      )}
      {isObject(headers) && <Pairs name="headers" of={Object.entries(headers)} />}
      {isObject(metadata) && <Pairs name="metadata" of={Object.entries(metadata)} />}
      {typeof excerpt === "string" && excerpt !== "" && <Excerpt text={excerpt} what={isHeartbeat ? t("What the job said") : t("Beginning of the answer")} />}
    </>
  );
}

/** Of a TLS session its version and cipher, of a DNS answer the flags that are set: one line each, no box. */
function flatFacts([name, fact]: [string, Json]): [string, Json][] {
  if (name === "flags" && isObject(fact)) return [["flags", Object.entries(fact).filter(([, isSet]) => isSet === true).map(([flag]) => flag).join(" ")]];
  if (name === "tls" && isObject(fact)) return [["tls", Object.values(fact).map(textOf).join(", ")]];
  return [];
}

function isInside(name: string, fact: Json): boolean {
  return typeof fact === "object" && fact !== null && flatFacts([name, fact]).length === 0;
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function objectsIn(value: Json | undefined): JsonObject[] {
  return listOf(value).filter(isObject);
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}
