/** The texts that are sent when a channel has no template of its own. Each is a template that a person can start from. */

const detail = `{{#if message}}{{message.text}}{{else}}{{#if result.error}}{{truncate result.error.message 300}}
{{/if}}since {{date incident.startedAt}}{{#if incident.resolvedAt}}, resolved {{date incident.resolvedAt}}{{/if}}{{#if check.target.url}}
{{check.target.url}}{{/if}}{{/if}}`;

export const defaultTemplates = {
  webhook: `{"type":{{json type}},"timestamp":{{json timestamp}},"data":{{json data}} }`,
  "email.subject": "{{title}}",
  email: `{{title}}

${detail}
`,
  slack: `*{{title}}*
${detail}`,
  telegram: `<b>{{title}}</b>
${detail}`,
  sms: `{{title}}{{#if message}}: {{message.text}}{{else}}{{#if result.error}}: {{truncate result.error.message 100}}{{/if}}{{/if}}`,
} as const;
