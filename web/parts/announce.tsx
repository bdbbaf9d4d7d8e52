/** Short messages about what just happened: shown for a few seconds, read out once. */
import { cell, useCell } from "../store.ts";
import { Icon } from "./icon.tsx";

interface Message {
  key: number;
  text: string;
  tone: "up" | "down";
}

const shownForMs = 6_000;
const messages = cell<readonly Message[]>([]);
let lastKey = 0;

export function announce(text: string, tone: Message["tone"] = "up"): void {
  const message = { key: ++lastKey, text, tone };
  messages.set([...messages.get().slice(-2), message]);
  setTimeout(() => messages.set(messages.get().filter((one) => one !== message)), shownForMs);
}

export function Announcements() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {useCell(messages).map((message) => (
        <p key={message.key} class={`toast tone-${message.tone}`}>
          <Icon name={message.tone} />
          <span>{message.text}</span>
        </p>
      ))}
    </div>
  );
}
