/** From what a person writes to a channel that can be used: every problem at once, each with its JSON pointer. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { z } from "zod";
import { AppError, type FieldError, pointerOf } from "#kernel/errors";
import { type ChannelLocale, channelTypes, type ChannelType } from "#ports/channels";
import { documentSchema } from "./channel_schema.ts";

export interface ChannelDocument {
  type: ChannelType;
  name: string;
  locale: ChannelLocale;
  /** Id of the channel that is told when this one cannot deliver; "" for none. */
  fallback: string;
  enabled: boolean;
  settings: JsonObject;
}

export function parseChannel(document: JsonObject): ChannelDocument {
  const type = channelTypes.find((known) => known === document.type);
  if (type === undefined) {
    const given = document.type === undefined ? "missing" : `${JSON.stringify(document.type).slice(0, 80)} is not right`;
    throw invalidChannel([{ pointer: "/type", message: `${given}: one of ${channelTypes.join(", ")}` }]);
  }
  const parsed = documentSchema(type).safeParse(document);
  if (!parsed.success) throw invalidChannel(parsed.error.issues.flatMap(fieldsOf));
  return parsed.data as ChannelDocument;
}

export function invalidChannel(fields: FieldError[]): AppError {
  const first = fields[0]!;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : "";
  return new AppError("invalid_argument", `the channel is not right: ${first.pointer}: ${first.message}${more}`, { fields });
}

function fieldsOf(issue: z.core.$ZodIssue): FieldError[] {
  const pointer = pointerOf(issue.path);
  if (issue.code !== "unrecognized_keys") return [{ pointer, message: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointer + pointerOf([key]), message: `unknown field "${key.slice(0, 80)}"` }));
}
