/** A chain of certificates as a picture: a card each, from the server's own to the root, what is wrong standing on the one that has it. */
import { date, value } from "../format.ts";
import { plural, t } from "../i18n.ts";
import { Icon } from "../parts/icon.tsx";
import { isObject, textOf } from "../pointer.ts";
import type { Json, JsonObject } from "../types.ts";
import { Facts } from "./facts.tsx";
import { LongText, useFirst } from "./long_text.tsx";

const shownNames = 6;
const shownCertificates = 8;

export function CertificateChain({ certificate, at }: { certificate: JsonObject; at: number }) {
  const { chain, daysLeft: _daysLeft, chainDaysLeft: _chainDaysLeft, ...rest } = certificate;
  const { items, more } = useFirst(Array.isArray(chain) ? chain.filter(isObject) : [], shownCertificates);
  const count = Array.isArray(chain) ? chain.length : 0;
  return (
    <div>
      <ol class="chain" aria-label={t("Certificates, the server's own first")}>
        {items.map((link, index) => (
          <CertificateCard key={index} link={link} role={roleOf(link, index, count)} at={at} />
        ))}
      </ol>
      {more}
      <Facts of={Object.entries(rest)} />
    </div>
  );
}

function roleOf({ subject, issuer }: JsonObject, index: number, count: number): string {
  if (index === 0) return subject === issuer && count === 1 ? t("Server, signed by itself") : t("Server");
  return subject === issuer ? t("Root") : t("Intermediate");
}

function CertificateCard({ link, role, at }: { link: JsonObject; role: string; at: number }) {
  const { subject, issuer, subjectAltNames, notBefore, notAfter, daysLeft, keyType, keyBits, signatureAlgorithm, serialNumber, fingerprint256, problem, ...rest } = link;
  const names = useFirst(Array.isArray(subjectAltNames) ? subjectAltNames : [], shownNames);
  return (
    <li class={problem ? "certificate wrong" : "certificate"}>
      <p class="certificate-head">
        <b>
          <LongText text={commonName(subject)} limit={100} />
        </b> <span class="quiet">{role}</span>
      </p>
      {typeof problem === "string" && (
        <p class="result-error">
          <Icon name="down" /> {t("This certificate:")} <LongText text={problem} />
        </p>
      )}
      {names.items.length > 0 && (
        <p class="names">
          <span class="quiet">{t("for // names")} </span>
          {names.items.map((name, index) => (
            <code key={index}>
              <LongText text={textOf(name)} limit={100} />
            </code>
          ))}
          {names.more}
        </p>
      )}
      <Validity from={notBefore} to={notAfter} daysLeft={daysLeft} at={at} />
      <p class="quiet">
        {t("signed by")} <LongText text={commonName(issuer)} limit={100} />
      </p>
      <details>
        <summary>{t("All of it")}</summary>
        <Facts
          of={[
            ["subject", subject ?? null],
            ["issuer", issuer ?? null],
            ["key", [textOf(keyType), keyBits ? t("{count} bit", { count: textOf(keyBits) }) : ""].filter(Boolean).join(", ")],
            ["signatureAlgorithm", signatureAlgorithm ?? null],
            ["serialNumber", serialNumber ?? null],
            ["fingerprint", fingerprint256 ?? null],
            ...Object.entries(rest),
          ]}
        />
      </details>
    </li>
  );
}

function Validity({ from, to, daysLeft, at }: { from: Json | undefined; to: Json | undefined; daysLeft: Json | undefined; at: number }) {
  const [start, end] = [Date.parse(textOf(from)), Date.parse(textOf(to))];
  if (!Number.isFinite(start) || !Number.isFinite(end) || end <= start) return <p>{t("{from} to {to}", { from: value(from), to: value(to) })}</p>;
  const days = typeof daysLeft === "number" ? Math.floor(daysLeft) : Math.floor((end - at) / 86_400_000);
  const share = Math.min(100, Math.max(0, ((at - start) / (end - start)) * 100));
  const tone = days < 0 || at < start ? "down" : days < 14 ? "degraded" : "up";
  const left = days < 0 ? plural(-days, "ended {count} day ago", "ended {count} days ago") : at < start ? t("not valid yet") : plural(days, "{count} day left", "{count} days left");
  return (
    <div class="validity">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="fill-none" width="100" height="6" />
        <rect class={`fill-${tone}`} width={share} height="6" />
      </svg>
      <p class="number">
        {date(start)} – {date(end)}, <b class={`tone-${tone}`}>{left}</b>
      </p>
    </div>
  );
}

/** "CN=shop.example" of a distinguished name; all of it when it has none. */
function commonName(name: Json | undefined): string {
  const text = typeof name === "string" && name !== "" ? name : t("no name");
  return /(?:^|, )CN=([^,]+)/.exec(text)?.[1] ?? text;
}
