/** What became of work that was not saved, and of secrets that cannot be copied. */
import { plural, t } from "../i18n.ts";

export function KeptNotice({ hadSecrets, onAfresh }: { hadSecrets: boolean; onAfresh: () => void }) {
  return (
    <div class="notice" role="status">
      <div>
        <p>
          <b>{t("Your unsaved work is back.")}</b> {hadSecrets ? t("Passwords and tokens were not kept: type them again.") : ""}
        </p>
      </div>
      <button type="button" class="small" onClick={onAfresh}>
        {t("Begin afresh")}
      </button>
    </div>
  );
}

export function LostSecrets({ count }: { count: number }) {
  if (count === 0) return null;
  return <p class="notice">{plural(count, "{count} secret of the other check cannot be copied: type it again.", "{count} secrets of the other check cannot be copied: type them again.")}</p>;
}
