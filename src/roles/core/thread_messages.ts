/** Messages between the pool and a thread of another process, as they go over the wire. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ThreadMessage, ThreadMessageSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";

type Sent = MessageInitShape<typeof ThreadMessageSchema>;

/** Bytes of a message, of which none has more than one member that is bytes. */
export function packed(message: ToWorker | FromWorker): Sent {
  const rest: Record<string, unknown> = {};
  const sent: Sent & object = {};
  for (const [name, value] of Object.entries(message)) {
    if (value instanceof Float64Array) sent.rows = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    else if (value instanceof Uint8Array) Object.assign(sent, { bytes: value, bytesName: name });
    else rest[name] = value;
  }
  return { ...sent, json: JSON.stringify(rest) };
}

export function unpacked<T extends ToWorker | FromWorker>({ json, rows, bytes, bytesName }: ThreadMessage): T {
  const message = JSON.parse(json) as Record<string, unknown>;
  // A copy, since where the wire put them they need not lie at a multiple of eight; what it gives is a Buffer, whose slice is none.
  if (rows.byteLength > 0) message["rows"] = new Float64Array(new Uint8Array(rows).buffer);
  if (bytesName !== "") message[bytesName] = bytes;
  return message as T;
}
