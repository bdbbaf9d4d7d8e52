/** How many of the locations that were heard of lately must say that a check is down: a number is capped to how many there are. */
export type Quorum = "any" | "majority" | "all" | number;

/** As it stands in the message of a check; one of an earlier version says nothing. */
export function quorumOfText(text: string): Quorum {
  if (text === "any" || text === "all") return text;
  return Number(text) >= 1 ? Math.floor(Number(text)) : "majority";
}

export function neededOf(quorum: Quorum, locations: number): number {
  if (quorum === "any") return 1;
  if (quorum === "all") return Math.max(1, locations);
  if (quorum === "majority") return Math.floor(locations / 2) + 1;
  return Math.max(1, Math.min(quorum, locations));
}
