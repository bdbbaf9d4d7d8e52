/** Contract in, contract out: the texts of messages. */
import type { NotificationService } from "#contracts/uptimeping/notification/v1/notification_pb";
import { requireRole, tenantOf } from "#kernel/call";
import type { Api } from "#kernel/rpc/contract";
import { channelTypesSaying } from "./senders/catalogue.ts";
import { formatters } from "./templates/formatters.ts";
import type { ListedTemplate, Templates } from "./templates/overrides.ts";
import { previewOf } from "./templates/preview.ts";
import { sampleContext, sampleEvents } from "./templates/sample.ts";
import { fullNameOf, localeNames } from "./templates/texts.ts";

type TemplateCalls = "listTemplates" | "setTemplate" | "resetTemplate" | "previewTemplate";

export function templateApi(templates: Templates): Pick<Api<typeof NotificationService>, TemplateCalls> {
  return {
    async listTemplates(_, call) {
      requireRole(call, "viewer");
      const items = (await templates.list(tenantOf(call))).map(answerOf);
      return { items, formatters: Object.values(formatters).map(({ written }) => written), events: [...sampleEvents], locales: localeNames };
    },
    async setTemplate({ name, text }, call) {
      requireRole(call, "editor");
      const updatedBy = call.actor.type === "system" ? "system" : call.actor.id;
      return answerOf(await templates.set(tenantOf(call), { name, text, updatedBy }));
    },
    async resetTemplate({ name }, call) {
      requireRole(call, "editor");
      await templates.reset(tenantOf(call), name);
      return {};
    },
    async previewTemplate(wish, call) {
      requireRole(call, "viewer");
      return { rendered: previewOf(wish) };
    },
  };
}

const sampleJson = JSON.stringify(sampleContext);

function answerOf(template: ListedTemplate) {
  return { ...template, sampleJson, channelTypes: channelTypesSaying(fullNameOf(template.name)!.name) };
}
