/** Gives the person a file, without asking the server and without a page of its own. */
export function saveAs(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has begun to read it by then, at the latest.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
