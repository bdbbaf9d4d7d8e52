/**
 * The texts that are sent when neither the channel nor its tenant has one of its own. Each is a template that a person can
 * start from; `title` and `body` are in the language of the channel.
 */
import type { EscapeName } from "./escapes.ts";

export const defaultTemplates = {
  title: "{{title}}",
  /** Below a title that is shown apart. */
  body: "{{body}}",
  long: `{{title}}
{{body}}`,
  markdown: `**{{title}}**
{{body}}`,
  webhook: `{"type":{{json type}},"timestamp":{{json timestamp}},"data":{{json data}} }`,
  "email.subject": "{{title}}",
  email: `{{title}}

{{body}}
`,
  slack: `*{{title}}*
{{body}}`,
  telegram: `<b>{{title}}</b>
{{body}}`,
  sms: `{{title}}{{#if message}}: {{message.text}}{{else}}{{#if result.error}}: {{truncate result.error.message 100}}{{/if}}{{/if}}`,
} as const;

export type TemplateName = keyof typeof defaultTemplates;

export const templateNames = Object.keys(defaultTemplates) as TemplateName[];

/** How values are written in each when no channel says it: for previews and when a text is tried. */
export const notations: Record<TemplateName, EscapeName> = {
  title: "plain",
  body: "plain",
  long: "plain",
  markdown: "markdown",
  webhook: "json",
  "email.subject": "header",
  email: "plain",
  slack: "slack",
  telegram: "telegram",
  sms: "plain",
};
