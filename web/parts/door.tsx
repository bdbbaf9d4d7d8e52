/** Around the pages for those who are not in yet. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n.ts";
import { Logo } from "./icon.tsx";
import { LanguageButton, ThemeButton } from "./shell.tsx";

export function Door({ wide, children }: { wide?: boolean; children: ComponentChildren }) {
  return (
    <div class={wide ? "door wide-door" : "door"}>
      <header class="door-head">
        <span class="door-brand">
          <Logo />
          <b>UptimePing</b>
        </span>
        <div class="actions">
          <LanguageButton />
          <ThemeButton />
        </div>
      </header>
      {children}
      <footer class="door-foot quiet">{t("Watching, so that you need not.")}</footer>
    </div>
  );
}
