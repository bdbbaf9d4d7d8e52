/** Files and folders that are dragged onto the page. */
import type { Dropped } from "./proto_files.ts";

/** Browsers hand out folders only through this old interface, and only until the event is over: what was dropped is taken at once. */
export function droppedFiles(transfer: DataTransfer): Promise<Dropped[]> {
  const entries: FileSystemEntry[] = [];
  const files: Dropped[] = [];
  for (const item of transfer.items) {
    const entry = item.webkitGetAsEntry();
    const file = entry ? null : item.getAsFile();
    if (entry) entries.push(entry);
    else if (file) files.push({ path: file.name, file });
  }
  return filesOf(entries).then((found) => [...files, ...found]);
}

/** More than a person means to drop. */
const mostFiles = 5_000;

async function filesOf(entries: readonly FileSystemEntry[]): Promise<Dropped[]> {
  const found: Dropped[] = [];
  const visit = async (entry: FileSystemEntry): Promise<void> => {
    if (found.length >= mostFiles) return;
    if (entry.isDirectory) for (const inner of await childrenOf(entry as FileSystemDirectoryEntry)) await visit(inner);
    else found.push({ path: entry.fullPath.replace(/^\//, ""), file: await fileOf(entry as FileSystemFileEntry) });
  };
  for (const entry of entries) await visit(entry);
  return found;
}

export function filesOfInput(files: FileList | null): Dropped[] {
  return [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A reader gives them piece by piece, and an empty piece at the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
