/** Where notifications go. Settings are sealed by the role before they come here: a store never sees a secret. */

export const channelTypes = [
  "webhook",
  "email",
  "slack",
  "telegram",
  "sms",
  "discord",
  "teams",
  "mattermost",
  "rocketchat",
  "google_chat",
  "matrix",
  "zulip",
  "webex",
  "line",
  "signal",
  "whatsapp",
  "feishu",
  "dingtalk",
  "wecom",
  "ntfy",
  "gotify",
  "pushover",
  "pushbullet",
  "bark",
  "serverchan",
  "home_assistant",
  "pagerduty",
  "opsgenie",
  "splunk_oncall",
  "grafana_oncall",
  "squadcast",
  "incident_io",
  "alertmanager",
  "vonage",
  "sms_gateway",
  "github",
  "gitlab",
  "apprise",
  "json",
] as const;
export type ChannelType = (typeof channelTypes)[number];

/** Languages of messages. */
export const channelLocales = ["en", "ru"] as const;
export type ChannelLocale = (typeof channelLocales)[number];

export interface StoredChannel {
  /** `chn_…` */
  id: string;
  tenantId: string;
  type: ChannelType;
  name: string;
  locale: ChannelLocale;
  /** The channel that is told when this one cannot deliver; "" for none. */
  fallback: string;
  enabled: boolean;
  /** Ciphertext of the settings as JSON. */
  sealedSettings: string;
  /** From 1, one more with every change. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface ChannelStore {
  insert(channel: StoredChannel): Promise<void>;
  find(tenantId: string, id: string): Promise<StoredChannel | undefined>;
  /** False when the stored version is not `seenVersion`, or the channel is gone. */
  replace(channel: StoredChannel, seenVersion: number): Promise<boolean>;
  /** False when there was none. */
  remove(tenantId: string, id: string): Promise<boolean>;
  /** Ordered by id, those after `cursor`; "" for the first page. */
  list(tenantId: string, cursor: string, limit: number): Promise<StoredChannel[]>;
  /** Every enabled channel of the tenant, ordered by id. */
  enabled(tenantId: string): Promise<StoredChannel[]>;
}
