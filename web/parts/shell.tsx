/** Around every page: where one is, whether the data is live, and how it looks. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { remove, session } from "../api.ts";
import { stream } from "../events.ts";
import { language, languages, speak, t, type Language } from "../i18n.ts";
import { go, place } from "../router.ts";
import { followKeys } from "../shortcuts.ts";
import { useCell } from "../store.ts";
import { nextTheme, theme } from "../theme.ts";
import { Icon, Logo } from "./icon.tsx";
import { KeyMap, KeyMapButton } from "./key_map.tsx";
import { SignIn } from "./sign_in.tsx";

interface Entry {
  to: string;
  label: string;
  /** What stands behind it; an entry with such has no page of its own and leads to the first. */
  pages?: readonly Entry[];
}

/** Shown as far as there are pages: a route in the table of `main.tsx` is all that an entry waits for. */
const entries: readonly Entry[] = [
  { to: "/", label: t("Checks") },
  { to: "/incidents", label: t("Incidents") },
  {
    to: "/notifications",
    label: t("Alerting"),
    pages: [
      { to: "/notifications", label: t("Messages") },
      { to: "/channels", label: t("Channels") },
      { to: "/routes", label: t("Routes") },
      { to: "/silences", label: t("Silences") },
      { to: "/maintenance", label: t("Maintenance") },
      { to: "/templates", label: t("Templates") },
    ],
  },
  { to: "/status-pages", label: t("Status pages") },
  { to: "/forge", label: t("Forge") },
  { to: "/settings", label: t("Settings") },
];

interface ShellProps {
  /** Whether a path has a page. */
  isPage: (path: string) => boolean;
  children: ComponentChildren;
}

export function Shell({ isPage, children }: ShellProps) {
  const { path } = useCell(place);
  useEffect(followKeys, []);
  // On a narrow screen the entries scroll sideways.
  useEffect(() => document.querySelectorAll("nav [aria-current]").forEach((link) => link.scrollIntoView({ inline: "center", block: "nearest" })), [path]);
  const isHere = ({ to, pages }: Entry): boolean => (pages ? pages.some(isHere) : to === "/" ? path === "/" || path.startsWith("/checks") : path.startsWith(to));
  const within = entries.find(isHere)?.pages?.filter(({ to }) => isPage(to)) ?? [];
  return (
    <>
      <SkipLink />
      <header class="bar">
        <a href="/" class="brand">
          <Logo />
          <span>UptimePing</span>
        </a>
        <nav aria-label={t("Main")}>
          <Links entries={entries.filter(({ to }) => isPage(to))} isHere={isHere} current={within.length > 0 ? "true" : "page"} />
        </nav>
        <div class="bar-end">
          <LiveSign />
          <KeyMapButton />
          <LanguageButton />
          <ThemeButton />
          <button type="button" class="plain" onClick={() => void signOut()}>
            {t("Sign out")}
          </button>
        </div>
      </header>
      {within.length > 1 && (
        <nav class="within" aria-label={t("Alerting")}>
          <Links entries={within} isHere={isHere} current="page" />
        </nav>
      )}
      {children}
      <KeyMap />
    </>
  );
}

interface LinksProps {
  entries: readonly Entry[];
  isHere: (entry: Entry) => boolean;
  /** What the one that is open is called: the page, or only where the page is. */
  current: "page" | "true";
}

function Links({ entries: shown, isHere, current }: LinksProps) {
  return (
    <>
      {shown.map((entry) => (
        <a key={entry.label} href={entry.to} aria-current={isHere(entry) ? current : undefined}>
          {entry.label}
        </a>
      ))}
    </>
  );
}

function SkipLink() {
  const skip = (event: Event) => {
    event.preventDefault();
    const main = document.getElementById("main");
    main?.setAttribute("tabindex", "-1");
    main?.focus();
  };
  return (
    <a class="skip" href="#main" onClick={skip}>
      {t("Skip to the content")}
    </a>
  );
}

export function ThemeButton() {
  const chosen = useCell(theme);
  const name = { auto: t("as the system is"), light: t("light // colours"), dark: t("dark // colours") }[chosen];
  return (
    <button type="button" class="plain" onClick={nextTheme} aria-label={t("Appearance: {chosen}. Change", { chosen: name })} title={t("Appearance: {chosen}", { chosen: name })}>
      <Icon name={chosen} />
    </button>
  );
}

/** Offers the next language in its own words, for whoever cannot read the present one. */
export function LanguageButton() {
  const names = Object.keys(languages) as Language[];
  const next = names[(names.indexOf(language) + 1) % names.length]!;
  return (
    <button type="button" class="plain" lang={next} onClick={() => speak(next)} title={languages[next]} aria-label={`${next.toUpperCase()}: ${languages[next]}`}>
      {next.toUpperCase()}
    </button>
  );
}

function LiveSign() {
  const state = useCell(stream);
  const text = { live: t("Live"), connecting: t("Connecting"), lost: t("Not live, reconnecting") }[state];
  return (
    <span class={`live live-${state}`} role="status">
      <span class="pulse" aria-hidden="true" />
      <span>{text}</span>
    </span>
  );
}

/** The page beneath stays as it is, with everything typed into it. */
export function SignInAgain({ email }: { email: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-label={t("Sign in again")} onCancel={(event) => event.preventDefault()}>
      <h2>{t("Your session has ended")}</h2>
      <p>{t("Sign in again; what you have typed is kept.")}</p>
      <SignIn email={email} onDone={() => dialog.current?.close()} />
    </dialog>
  );
}

async function signOut(): Promise<void> {
  await remove("/auth/session").catch(() => undefined);
  session.set(undefined);
  go("/login");
}
