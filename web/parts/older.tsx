/** The ways to what is older, under a list that comes a page at a time: the older ones below it, or in its place. */
import { t } from "../i18n.ts";
import type { Paged } from "../paged.ts";

export function LoadOlder({ list: { more, loading, loadMore } }: { list: Pick<Paged<unknown>, "more" | "loading" | "loadMore"> }) {
  if (!more) return null;
  return (
    <div class="pager">
      <button type="button" disabled={loading} aria-busy={loading} onClick={loadMore}>
        {t("Load older ones")}
      </button>
    </div>
  );
}

interface NewerOlderProps {
  /** Those that led here; the last one is of the page that is shown. */
  cursors: readonly string[];
  /** Of the page after it; none while that is not known. */
  next: string | null | undefined;
  onChange: (cursors: readonly string[]) => void;
}

export function NewerOlder({ cursors, next, onChange }: NewerOlderProps) {
  return (
    <div class="pager">
      <button type="button" disabled={cursors.length === 0} onClick={() => onChange(cursors.slice(0, -1))}>
        {t("Newer")}
      </button>
      <button type="button" disabled={!next} onClick={() => next && onChange([...cursors, next])}>
        {t("Older")}
      </button>
    </div>
  );
}
