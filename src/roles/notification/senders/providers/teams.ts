import { secretUrl, template } from "../fields.ts";
import { provider } from "../provider.ts";

const colours = { critical: "Attention", warning: "Warning", info: "Default" };

/** A workflow that begins with "When a Teams webhook request is received"; it answers 202. Rich text, unlike a text block, knows no markdown and no mentions. */
export const teams = provider({
  title: "Microsoft Teams",
  group: "chat",
  docs: "https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook",
  machine: false,
  fields: {
    url: secretUrl("Workflow URL", "the URL of a workflow, such as https://….logic.azure.com/workflows/…", { example: "https://….logic.azure.com/workflows/…" }),
    template,
  },
  escape: "plain",
  text: "body",
  // The whole message may have 28 kB.
  longest: { title: 200, text: 15_000, bytes: true },
  request: (told, { url }) => ({
    url,
    json: {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            body: [
              richText(told.title, { weight: "Bolder", size: "Large", color: told.state === "resolved" ? "Good" : colours[told.severity] }),
              ...told.text.split("\n").map((line) => richText(line, {})),
            ],
            actions: [
              ["Open", told.links.incident ?? told.links.check],
              ["Acknowledge", told.state === "opened" ? told.links.acknowledge : undefined],
            ].flatMap(([title, url]) => (url === undefined ? [] : [{ type: "Action.OpenUrl", title, url }])),
          },
        },
      ],
    },
  }),
});

function richText(text: string, style: { weight?: string; size?: string; color?: string }) {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", text, ...style }] };
}
