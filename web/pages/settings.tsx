/** Settings, a section to an address: those of the person, of the team, and of the installation. */
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { session } from "../api.ts";
import { t } from "../i18n.ts";
import { Empty, Page } from "../parts/page.tsx";
import { useMayAdminister } from "../rights.ts";
import { AccountSection } from "../settings/account.tsx";
import { ApiKeysSection } from "../settings/api_keys.tsx";
import { AppearanceSection } from "../settings/appearance.tsx";
import { AuditSection } from "../settings/audit.tsx";
import { MembersSection } from "../settings/members.tsx";
import { RetentionSection } from "../settings/retention.tsx";
import { SecuritySection } from "../settings/security.tsx";
import { SessionsSection } from "../settings/sessions.tsx";
import { SystemSection } from "../settings/system.tsx";
import { useCell } from "../store.ts";

interface Section {
  id: string;
  label: string;
  about: string;
  /** For owners and admins alone. */
  administers?: boolean;
  Shown: ComponentType;
}

const groups: readonly (readonly [label: string, sections: readonly Section[]])[] = [
  [
    t("You"),
    [
      { id: "account", label: t("Account"), about: t("Who you are here, and your password."), Shown: AccountSection },
      { id: "security", label: t("Two-factor sign-in"), about: t("A code from your phone beside the password, and what helps when the phone is lost."), Shown: SecuritySection },
      { id: "sessions", label: t("Sessions"), about: t("Where you are signed in. End what you do not know."), Shown: SessionsSection },
      { id: "appearance", label: t("Appearance"), about: t("How UptimePing looks in this browser."), Shown: AppearanceSection },
    ],
  ],
  [
    t("Team"),
    [
      { id: "members", label: t("Members"), about: t("Who belongs to the team, and what they may do."), administers: true, Shown: MembersSection },
      { id: "api-keys", label: t("API keys"), about: t("For programs that use the API: each with its own role, scopes and end."), Shown: ApiKeysSection },
      { id: "audit", label: t("Audit log"), about: t("Who changed what, from where, and whether it was allowed. The entries form a chain: a changed one shows."), administers: true, Shown: AuditSection },
    ],
  ],
  [
    t("Installation"),
    [
      { id: "retention", label: t("Retention"), about: t("What is kept, and for how long."), Shown: RetentionSection },
      { id: "system", label: t("System"), about: t("How UptimePing itself does."), administers: true, Shown: SystemSection },
    ],
  ],
];

export function SettingsPage({ id }: { id: string }) {
  const who = useCell(session);
  const mayAdminister = useMayAdminister();
  const nav = useRef<HTMLElement>(null);
  // On a phone the sections are one line that scrolls: the one that is open is in sight.
  useEffect(() => {
    const here = nav.current?.querySelector<HTMLElement>("[aria-current]");
    if (nav.current && here) nav.current.scrollLeft = here.offsetLeft - (nav.current.clientWidth - here.offsetWidth) / 2;
  }, []);
  if (!who) return null;
  const wanted = id || "account";
  const section = groups.flatMap(([, sections]) => sections).find((one) => one.id === wanted);
  const isOpen = section !== undefined && (mayAdminister || !section.administers);
  return (
    <div class="settings">
      <nav ref={nav} class="settings-nav" aria-label={t("Settings")}>
        {groups.map(([label, sections]) => (
          <Group key={label} label={label} sections={sections.filter(({ administers }) => mayAdminister || !administers)} current={wanted} />
        ))}
      </nav>
      <Page title={section?.label ?? t("Not found")}>
        {isOpen ? (
          <>
            <p class="lead">{section.about}</p>
            <section.Shown />
          </>
        ) : (
          <Empty title={section ? t("This is for owners and admins") : t("There is no page here")}>
            <a class="button" href="/settings/account">
              {t("To your account")}
            </a>
          </Empty>
        )}
      </Page>
    </div>
  );
}

function Group({ label, sections, current }: { label: string; sections: readonly Section[]; current: string }) {
  return (
    <div role="group" aria-label={label}>
      <p class="settings-group" aria-hidden="true">
        {label}
      </p>
      <ul>
        {sections.map((one) => (
          <li key={one.id}>
            <a href={`/settings/${one.id}`} aria-current={one.id === current ? "page" : undefined}>
              {one.label}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}
