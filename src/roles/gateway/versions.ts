/** Which version a caller saw: `If-Match: "3"`, or `version` in the body. */
import type { JsonObject } from "@bufbuild/protobuf";
import { AppError } from "#kernel/errors";

export interface VersionedPatch {
  patch: JsonObject;
  version: number;
}

export function versionedPatch(http: Request, body: JsonObject): VersionedPatch {
  const { version, ...patch } = body;
  const tag = http.headers.get("if-match");
  if (tag !== null) return { patch, version: versionOfTag(tag) };
  if (typeof version === "number" && Number.isSafeInteger(version) && version > 0) return { patch, version };
  const message = version === undefined ? "required: the version you saw, here or as If-Match" : "must be a whole number from 1";
  throw new AppError("invalid_argument", `which version this changes is not known: ${message}`, { fields: [{ pointer: "/version", message }] });
}

export function etag(version: number): Record<string, string> {
  return { etag: `"${version}"` };
}

function versionOfTag(tag: string): number {
  const digits = /^(?:W\/)?"?(\d{1,9})"?$/.exec(tag.trim())?.[1];
  if (digits === undefined) {
    const fields = [{ pointer: "/version", message: "If-Match is not a version" }];
    throw new AppError("invalid_argument", `If-Match ${JSON.stringify(tag.slice(0, 100))} is not a version: send one such as "3"`, { fields });
  }
  return Number(digits);
}
