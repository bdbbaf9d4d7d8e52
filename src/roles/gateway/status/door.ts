/**
 * Pages with a password. Who gave it has a cookie that any gateway can check by itself: signed with a key that follows from the hash,
 * so that a new password ends what an old one opened.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "#kernel/clock";
import type { Board } from "./board.ts";

const openForMs = 7 * 86_400_000;

export interface Door {
  isOpen(http: Request, board: Board): boolean;
  cookie(board: Board, isSecure: boolean): string;
}

export function createDoor(clock: Clock): Door {
  return {
    isOpen(http, board) {
      if (board.passwordHash === "") return true;
      const value = cookieOf(http, nameOf(board));
      const [until = "", signature = ""] = value.split(".");
      const expected = signatureOf(board, until);
      const given = Buffer.from(signature, "base64url");
      return given.length === expected.length && timingSafeEqual(given, expected) && clock.now() < Number(until);
    },
    cookie(board, isSecure) {
      const until = String(clock.now() + openForMs);
      const value = `${until}.${signatureOf(board, until).toString("base64url")}`;
      return `${nameOf(board)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${openForMs / 1_000}${isSecure ? "; Secure" : ""}`;
    },
  };
}

function nameOf({ pageId }: Board): string {
  return `uptimeping_${pageId}`;
}

function signatureOf({ passwordHash, pageId }: Board, until: string): Buffer {
  return createHmac("sha256", `uptimeping status page ${passwordHash}`).update(`${pageId} ${until}`).digest();
}

function cookieOf(request: Request, name: string): string {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return "";
}
