/** What the signed-in person may do; the server decides, this only hides what it would refuse. */
import { session } from "./api.ts";
import { useCell } from "./store.ts";

export function useMayEdit(): boolean {
  const role = useCell(session)?.role;
  return role !== undefined && role !== "viewer";
}

export function useMayAdminister(): boolean {
  const role = useCell(session)?.role;
  return role === "owner" || role === "admin";
}
