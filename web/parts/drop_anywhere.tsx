/** Takes files and folders that are dropped anywhere on the page. Who has no mouse chooses them by the buttons. */
import { useEffect, useRef, useState } from "preact/hooks";
import { droppedFiles } from "../forge/drop.ts";
import type { Dropped } from "../forge/proto_files.ts";
import { t } from "../i18n.ts";

export function DropAnywhere({ onDrop }: { onDrop: (found: Promise<Dropped[]>) => void }) {
  const [over, setOver] = useState(false);
  const newest = useRef(onDrop);
  newest.current = onDrop;
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    // Leaving the window has nowhere to go to; leaving an element for one inside it has.
    const onLeave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const onDropped = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      newest.current(droppedFiles(event.dataTransfer));
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onLeave);
    addEventListener("drop", onDropped);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onLeave);
      removeEventListener("drop", onDropped);
    };
  }, []);
  if (!over) return null;
  return (
    <div class="drop-veil" aria-hidden="true">
      <p>{t("Drop .proto files, a folder or a zip")}</p>
    </div>
  );
}
