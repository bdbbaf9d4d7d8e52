/** Who sends how much at the same time: so many in all, and of them at most half for one tenant. */
export interface Slots {
  free(): number;
  /** How many more this tenant may take. */
  leftOf(tenantId: string): number;
  /** Tenants that have their share. */
  full(): string[];
  /** Holds back up to so many free slots until `release`; gives how many. */
  reserve(wanted: number): number;
  release(reserved: number): void;
  take(tenantId: string): void;
  give(tenantId: string): void;
}

// A tenant's dead receivers must not hold up the others. A batch that is claimed at once may go over the share by its size.
const shareOfTenant = 1 / 2;

export function createSlots(concurrency: number): Slots {
  const taken = new Map<string, number>();
  let all = 0;
  let reserved = 0;
  const free = () => Math.max(0, concurrency - all - reserved);
  const leftOf = (tenantId: string) => Math.max(0, Math.ceil(concurrency * shareOfTenant) - (taken.get(tenantId) ?? 0));
  return {
    free,
    leftOf,
    full: () => [...taken.keys()].filter((tenantId) => leftOf(tenantId) === 0),
    reserve(wanted) {
      const got = Math.min(wanted, free());
      reserved += got;
      return got;
    },
    release: (count) => void (reserved -= count),
    take(tenantId) {
      all++;
      taken.set(tenantId, (taken.get(tenantId) ?? 0) + 1);
    },
    give(tenantId) {
      all--;
      const left = taken.get(tenantId)! - 1;
      if (left === 0) taken.delete(tenantId);
      else taken.set(tenantId, left);
    },
  };
}
