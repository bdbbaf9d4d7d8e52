/** The channels of a tenant: written, changed, read with their secrets masked, and opened for sending. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { isObject, mergePatch } from "#kernel/merge_patch";
import { type ChannelStore, type ChannelType, channelTypes, type StoredChannel } from "#ports/channels";
import type { Vault } from "#ports/vault";
import { type ChannelDocument, invalidChannel, parseChannel } from "./channel_document.ts";
import { masked, unmasked } from "./channel_secrets.ts";
import type { Gate, Gates } from "./egress_gate.ts";
import { listingOf } from "./senders/catalogue.ts";
import type { Field } from "./senders/fields.ts";

/** A channel as a person may see it. */
export type ShownChannel = Omit<StoredChannel, "sealedSettings"> & { settings: JsonObject };

export interface Channels {
  register(tenantId: string, document: JsonObject): Promise<ShownChannel>;
  get(tenantId: string, id: string): Promise<ShownChannel>;
  update(tenantId: string, id: string, change: { patch: JsonObject; seenVersion: number }): Promise<ShownChannel>;
  /** What a channel would be that is not saved: a document, or with an id the saved one after a merge patch. */
  drafted(tenantId: string, id: string, document: JsonObject): Promise<ChannelDocument>;
  remove(tenantId: string, id: string): Promise<void>;
  list(tenantId: string, cursor: string, limit: number): Promise<ShownChannel[]>;
  /** With the secrets in it; for senders only. */
  open(channel: StoredChannel): JsonObject;
  disable(tenantId: string, id: string): Promise<void>;
}

export interface ChannelTools {
  channels: ChannelStore;
  vault: Vault;
  gates: Gates;
  ids: Ids;
  now: () => number;
}

export function createChannels(tools: ChannelTools): Channels {
  const { channels, vault, ids, now } = tools;
  const place = (tenantId: string, id: string) => ({ tenantId, kind: "channel.settings", id });
  const open = (channel: StoredChannel) => JSON.parse(vault.open(place(channel.tenantId, channel.id), channel.sealedSettings)) as JsonObject;
  const shown = (channel: StoredChannel): ShownChannel => {
    const { sealedSettings: _, ...rest } = channel;
    return { ...rest, settings: masked(channel.type, open(channel)) };
  };
  const found = async (tenantId: string, id: string) => {
    const channel = await channels.find(tenantId, id);
    if (channel === undefined) throw new AppError("not_found", `there is no channel "${id.slice(0, 80)}"`);
    return channel;
  };

  return {
    async register(tenantId, written) {
      const { document } = parseWritten(written, {});
      await refuseForbidden(document, tools.gates(tenantId));
      const id = ids.next("chn");
      const sealedSettings = vault.seal(place(tenantId, id), JSON.stringify(document.settings));
      const { type, name, locale, fallback, enabled } = document;
      const channel: StoredChannel = { id, tenantId, type, name, locale, fallback, enabled, sealedSettings, version: 1, createdAtMs: now(), updatedAtMs: now() };
      await channels.insert(channel);
      return shown(channel);
    },

    get: async (tenantId, id) => shown(await found(tenantId, id)),

    async update(tenantId, id, { patch, seenVersion }) {
      const before = await found(tenantId, id);
      if (before.version !== seenVersion) throw conflict(seenVersion, before.version);
      const document = changed(before, open(before), patch);
      await refuseForbidden(document, tools.gates(tenantId));
      const after: StoredChannel = {
        ...before,
        name: document.name,
        locale: document.locale,
        fallback: document.fallback,
        enabled: document.enabled,
        sealedSettings: vault.seal(place(tenantId, id), JSON.stringify(document.settings)),
        version: before.version + 1,
        updatedAtMs: now(),
      };
      if (!(await channels.replace(after, seenVersion))) throw conflict(seenVersion, (await found(tenantId, id)).version);
      return shown(after);
    },

    async drafted(tenantId, id, written) {
      const before = id === "" ? undefined : await found(tenantId, id);
      const document = before === undefined ? parseWritten(written, {}).document : changed(before, open(before), written);
      await refuseForbidden(document, tools.gates(tenantId));
      return document;
    },

    async remove(tenantId, id) {
      if (!(await channels.remove(tenantId, id))) throw new AppError("not_found", `there is no channel "${id.slice(0, 80)}"`);
    },

    list: async (tenantId, cursor, limit) => (await channels.list(tenantId, cursor, limit)).map(shown),

    open,

    async disable(tenantId, id) {
      // Again when somebody changed it meanwhile; the receiver's word stands whatever the change was.
      for (let channel = await channels.find(tenantId, id); channel?.enabled; channel = await channels.find(tenantId, id)) {
        const disabled = { ...channel, enabled: false, version: channel.version + 1, updatedAtMs: now() };
        if (await channels.replace(disabled, channel.version)) return;
      }
    },
  };
}

/** The document after a patch. Merged with what a person sees, so that a secret nobody wrote stands as "***" and is known to be the stored one. */
function changed({ type, name, locale, fallback, enabled }: StoredChannel, stored: JsonObject, patch: JsonObject): ChannelDocument {
  const written = mergePatch({ type, name, locale, fallback, enabled, settings: masked(type, stored) }, patch);
  if (written.type !== type) throw invalidChannel([{ pointer: "/type", message: `a channel stays a "${type}": make a new one` }]);
  const { document, keptAndSent } = parseWritten(written, stored);
  if (keptAndSent.length > 0 && destinationOf(type, document.settings) !== destinationOf(type, stored)) {
    const message = "the destination or its encryption changed: write this secret again, so that it goes nowhere its owner did not send it";
    throw invalidChannel(keptAndSent.map((pointer) => ({ pointer, message })));
  }
  return document;
}

function parseWritten(written: JsonObject, stored: JsonObject): { document: ChannelDocument; keptAndSent: string[] } {
  const { type, settings } = written;
  const known = channelTypes.find((one) => one === type);
  if (known === undefined || !isObject(settings)) return { document: parseChannel(written), keptAndSent: [] };
  const real = unmasked(known, settings, stored);
  return { document: parseChannel({ ...written, settings: real.settings }), keptAndSent: real.keptAndSent };
}

/** Where the messages of a channel go, and who can read them on the way: a secret that somebody else wrote must not follow when that changes. */
function destinationOf(type: ChannelType, settings: JsonObject): string {
  const destinations = Object.entries(listingOf(type).fields).filter(([, { destination }]) => destination);
  return JSON.stringify(destinations.map(([name, { kind }]) => (kind === "url" && typeof settings[name] === "string" ? new URL(settings[name]).origin : settings[name])));
}

/** A literal address that can never be reached is refused when it is written; names are decided when they are connected. */
async function refuseForbidden({ type, settings }: ChannelDocument, gate: Gate): Promise<void> {
  const refused = await Promise.all(
    Object.entries(listingOf(type).fields).map(async ([name, field]) => {
      const place = placeIn(field, settings[name], settings);
      const message = place && (await gate.refusalOfLiteral(place.host, place.port));
      return message === undefined ? [] : [{ pointer: `/settings/${name}`, message }];
    }),
  );
  if (refused.flat().length > 0) throw invalidChannel(refused.flat());
}

function placeIn({ kind, portIn }: Field, value: JsonValue | undefined, settings: JsonObject): { host: string; port: number } | undefined {
  if (typeof value !== "string") return undefined;
  if (portIn !== undefined) return { host: value, port: Number(settings[portIn]) };
  if (kind !== "url") return undefined;
  const { hostname, port, protocol } = new URL(value);
  return { host: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) };
}

function conflict(seen: number, now: number): AppError {
  return new AppError("version_conflict", `the channel was changed by somebody else: you saw version ${seen}, it is now ${now}`);
}
