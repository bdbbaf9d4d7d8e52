/** Every kind of channel. The one list of their names is in the port. */
import { type ChannelType, channelTypes } from "#ports/channels";
import type { TemplateName } from "../templates/defaults.ts";
import type { Listing, Provider } from "./provider.ts";
import { alertmanager } from "./providers/alertmanager.ts";
import { apprise } from "./providers/apprise.ts";
import { bark } from "./providers/bark.ts";
import { dingtalk } from "./providers/dingtalk.ts";
import { discord } from "./providers/discord.ts";
import { email } from "./providers/email.ts";
import { feishu } from "./providers/feishu.ts";
import { github } from "./providers/github.ts";
import { gitlab } from "./providers/gitlab.ts";
import { googleChat } from "./providers/google_chat.ts";
import { gotify } from "./providers/gotify.ts";
import { grafanaOncall } from "./providers/grafana_oncall.ts";
import { homeAssistant } from "./providers/home_assistant.ts";
import { incidentIo } from "./providers/incident_io.ts";
import { json } from "./providers/json.ts";
import { line } from "./providers/line.ts";
import { matrix } from "./providers/matrix.ts";
import { mattermost } from "./providers/mattermost.ts";
import { ntfy } from "./providers/ntfy.ts";
import { opsgenie } from "./providers/opsgenie.ts";
import { pagerduty } from "./providers/pagerduty.ts";
import { pushbullet } from "./providers/pushbullet.ts";
import { pushover } from "./providers/pushover.ts";
import { rocketchat } from "./providers/rocketchat.ts";
import { serverchan } from "./providers/serverchan.ts";
import { signal } from "./providers/signal.ts";
import { slack } from "./providers/slack.ts";
import { smsGateway } from "./providers/sms_gateway.ts";
import { splunkOncall } from "./providers/splunk_oncall.ts";
import { squadcast } from "./providers/squadcast.ts";
import { teams } from "./providers/teams.ts";
import { telegram } from "./providers/telegram.ts";
import { twilio } from "./providers/twilio.ts";
import { vonage } from "./providers/vonage.ts";
import { webex } from "./providers/webex.ts";
import { webhook } from "./providers/webhook.ts";
import { wecom } from "./providers/wecom.ts";
import { whatsapp } from "./providers/whatsapp.ts";
import { zulip } from "./providers/zulip.ts";

/** Sent by code of their own: a signature, another protocol. */
const coded = { webhook, email } as const;

/** Sent by one request that the provider's file describes. */
export const providers = {
  slack,
  telegram,
  sms: twilio,
  discord,
  teams,
  mattermost,
  rocketchat,
  google_chat: googleChat,
  matrix,
  zulip,
  webex,
  line,
  signal,
  whatsapp,
  feishu,
  dingtalk,
  wecom,
  ntfy,
  gotify,
  pushover,
  pushbullet,
  bark,
  serverchan,
  home_assistant: homeAssistant,
  pagerduty,
  opsgenie,
  splunk_oncall: splunkOncall,
  grafana_oncall: grafanaOncall,
  squadcast,
  incident_io: incidentIo,
  alertmanager,
  vonage,
  sms_gateway: smsGateway,
  github,
  gitlab,
  apprise,
  json,
} as const;

const catalogue = { ...coded, ...providers } satisfies Record<ChannelType, Listing>;

export function listingOf(type: ChannelType): Listing {
  return catalogue[type];
}

/** Types of channels whose messages hold this text when they have no template of their own. */
export function channelTypesSaying(name: TemplateName): ChannelType[] {
  const texts: Partial<Record<ChannelType, TemplateName[]>> = { webhook: ["webhook"], email: ["email", "email.subject"] };
  // A text below a title stands apart from it.
  for (const [type, { text }] of Object.entries(providers as Record<string, Provider>)) texts[type as ChannelType] = text === "body" ? ["body", "title"] : [text];
  return channelTypes.filter((type) => texts[type]?.includes(name));
}
