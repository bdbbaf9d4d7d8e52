import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

export const googleChat = provider({
  title: "Google Chat",
  group: "chat",
  docs: "https://developers.google.com/workspace/chat/quickstart/webhooks",
  machine: false,
  fields: {
    url: secretUrl("Webhook URL", "a webhook URL such as https://chat.googleapis.com/v1/spaces/…", { example: "https://chat.googleapis.com/v1/spaces/…" }),
    template,
  },
  // `<users/all>` would mention everybody, and there is no escape for it.
  escape: "unmentioned",
  text: "slack",
  longest: { text: 4_096 },
  // All messages about one incident stand in one thread, where the space has threads.
  request: (told, { url }) => ({ url: inThreads(url), json: { text: told.text, thread: { threadKey: told.key } } }),
});

function inThreads(url: string): string {
  const threaded = new URL(url);
  threaded.searchParams.set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
  return threaded.href;
}
