/** Sign-in; goes back to where one wanted to go. */
import { useEffect } from "preact/hooks";
import { get } from "../api.ts";
import { t } from "../i18n.ts";
import { Door } from "../parts/door.tsx";
import { Page } from "../parts/page.tsx";
import { SignIn } from "../parts/sign_in.tsx";
import { useLoad } from "../load.ts";
import { go, place } from "../router.ts";

export function LoginPage() {
  const setup = useLoad("setup", (signal) => get<{ needed: boolean }>("/auth/setup", signal));
  const wanted = place.get().query.get("next") ?? "/";
  // Only a path of this site: "//evil.example" would leave it.
  const next = /^\/(?![/\\])/.test(wanted) ? wanted : "/";
  useEffect(() => document.querySelector<HTMLInputElement>("input[name=email]")?.focus(), []);
  return (
    <Door>
      <Page title={t("Sign in")}>
        {setup.data?.needed && (
          <p class="notice">{t("Nobody has an account here yet. The line that UptimePing printed when it started holds a link for the first one.")}</p>
        )}
        <SignIn onDone={() => go(next)} />
      </Page>
    </Door>
  );
}
