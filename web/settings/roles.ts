/** What members and keys may do, in words. */
import { t } from "../i18n.ts";

export const roleNames: Record<string, string> = { viewer: t("Viewer"), editor: t("Editor"), admin: t("Admin"), owner: t("Owner") };

export const roleMeanings: Record<string, string> = {
  viewer: t("sees everything, changes nothing"),
  editor: t("also writes checks, channels and maintenance"),
  admin: t("also manages members and reads the audit log"),
  owner: t("may do everything"),
};

const rank = ["viewer", "editor", "admin", "owner"];

/** Nobody gives more than they have. */
export function rolesUpTo(role: string): string[] {
  return rank.slice(0, rank.indexOf(role) + 1);
}
