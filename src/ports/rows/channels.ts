/** Channels as both SQL adapters keep them. */
import type { ChannelLocale, ChannelType, StoredChannel } from "../channels.ts";

export interface ChannelRow {
  id: string;
  tenant_id: string;
  type: ChannelType;
  name: string;
  locale: ChannelLocale;
  fallback: string;
  /** SQLite gives 0 or 1. */
  enabled: boolean | number;
  sealed_settings: string;
  version: number;
  created_at_ms: number;
  updated_at_ms: number;
}

export const insertChannel = `
  INSERT INTO channels (id, tenant_id, type, name, locale, fallback, enabled, sealed_settings, version, created_at_ms, updated_at_ms)
  VALUES ($id, $tenantId, $type, $name, $locale, $fallback, $enabled, $sealedSettings, $version, $createdAtMs, $updatedAtMs)`;

export const replaceChannel = `
  UPDATE channels SET name = $name, locale = $locale, fallback = $fallback, enabled = $enabled, sealed_settings = $sealedSettings, version = $version, updated_at_ms = $updatedAtMs
  WHERE tenant_id = $tenantId AND id = $id AND version = $seenVersion`;

export function channelOf(row: ChannelRow): StoredChannel {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    type: row.type,
    name: row.name,
    locale: row.locale,
    fallback: row.fallback,
    enabled: Boolean(row.enabled),
    sealedSettings: row.sealed_settings,
    version: row.version,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
