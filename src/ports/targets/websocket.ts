/** Target of a `websocket` check. */
import { z } from "zod";
import { address, headers, ipFamily, step, tls, urlOf } from "./fields.ts";

const token = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/, "cannot be the name of a subprotocol");

export const websocket = z.strictObject({
  url: urlOf("ws", "wss"),
  headers: headers
    .superRefine((value, context) => {
      for (const name of Object.keys(value)) {
        if (/^sec-websocket-/i.test(name)) context.addIssue({ code: "custom", path: [name], message: "is part of the handshake and set by it: subprotocols are offered in subprotocols" });
      }
    })
    .optional(),
  /** Offered in the handshake, the first preferred. */
  subprotocols: z.array(token).max(20, "at most 20 subprotocols").optional(),
  /** Messages to send and to wait for, after the handshake. `sendHex` goes out as a binary message. */
  steps: z.array(step).max(20, "at most 20 steps").optional(),
  tls: tls.optional(),
  ipFamily: ipFamily.optional(),
  resolve: address.optional(),
});
