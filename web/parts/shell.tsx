/** Around every page: where one is, whether the data is live, and how it looks. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { remove, session } from "../api.ts";
import { stream } from "../events.ts";
import { go, place } from "../router.ts";
import { followKeys } from "../shortcuts.ts";
import { useCell } from "../store.ts";
import { nextTheme, theme } from "../theme.ts";
import { Icon, Logo } from "./icon.tsx";
import { SignIn } from "./sign_in.tsx";

const links = [
  ["/", "Checks"],
  ["/incidents", "Incidents"],
  ["/channels", "Channels"],
  ["/forge", "Forge"],
  ["/settings", "Settings"],
] as const;

export function Shell({ children }: { children: ComponentChildren }) {
  const { path } = useCell(place);
  useEffect(followKeys, []);
  const isHere = (to: string) => (to === "/" ? path === "/" || path.startsWith("/checks") : path.startsWith(to));
  return (
    <>
      <SkipLink />
      <header class="bar">
        <a href="/" class="brand">
          <Logo />
          <span>UptimePing</span>
        </a>
        <nav aria-label="Main">
          {links.map(([to, label]) => (
            <a key={to} href={to} aria-current={isHere(to) ? "page" : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div class="bar-end">
          <LiveSign />
          <ThemeButton />
          <button type="button" class="plain" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </header>
      {children}
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
      Skip to the content
    </a>
  );
}

export function ThemeButton() {
  const chosen = useCell(theme);
  return (
    <button type="button" class="plain" onClick={nextTheme} aria-label={`Appearance: ${chosen}. Change`} title={`Appearance: ${chosen}`}>
      <Icon name={chosen} />
    </button>
  );
}

function LiveSign() {
  const state = useCell(stream);
  const text = { live: "Live", connecting: "Connecting", lost: "Not live, reconnecting" }[state];
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
    <dialog ref={dialog} aria-label="Sign in again" onCancel={(event) => event.preventDefault()}>
      <h2>Your session has ended</h2>
      <p>Sign in again; what you have typed is kept.</p>
      <SignIn email={email} onDone={() => dialog.current?.close()} />
    </dialog>
  );
}

async function signOut(): Promise<void> {
  await remove("/auth/session").catch(() => undefined);
  session.set(undefined);
  go("/login");
}
