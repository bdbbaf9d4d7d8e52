/** Settings that say where roles of other processes answer; those that nobody asks anything over gRPC are left out. */
export function peerFlags(roles: readonly string[], ...addresses: string[]): string[] {
  return roles.filter((role) => role !== "gateway" && role !== "cli").flatMap((role) => [`--peers.${role}`, addresses.join(",")]);
}
