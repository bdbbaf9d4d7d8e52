const width = 30;

/** "pack      ██████░░░░ 62 %". */
export function progressLine({ step, doneBytes, totalBytes }: { step: string; doneBytes: number; totalBytes: number }): string {
  if (totalBytes === 0) return `${step} …`;
  const ratio = Math.min(1, doneBytes / totalBytes);
  const full = Math.round(ratio * width);
  return `${step.padEnd(9)} ${"█".repeat(full)}${"░".repeat(width - full)} ${Math.floor(ratio * 100)} %`;
}
