/** The way from a list to the form for one more, for those who may make one. */
import { useMayEdit } from "../rights.ts";
import { Icon } from "./icon.tsx";

export function NewLink({ to, label }: { to: string; label: string }) {
  if (!useMayEdit()) return null;
  return (
    <a class="button primary" href={to}>
      <Icon name="plus" /> {label}
    </a>
  );
}
