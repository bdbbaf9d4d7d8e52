/** What a provider said to a test message, and after how long. */
import { latency } from "../format.ts";
import { t } from "../i18n.ts";
import type { ChannelTest } from "../types.ts";
import { StateBadge } from "./state_badge.tsx";

export function TestAnswer({ answer }: { answer: ChannelTest | undefined }) {
  return (
    <div aria-live="polite">
      {answer && (
        <p class="answer">
          <StateBadge state={answer.ok ? "up" : "down"} label={answer.ok ? t("delivered") : t("not delivered")} /> {t("after {span}", { span: latency(answer.latencyMs) })}: <code>{answer.answer}</code>
        </p>
      )}
    </div>
  );
}
