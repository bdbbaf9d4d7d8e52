/**
 * What is due next: a binary heap over small numbers, in typed arrays. 100,000 schedules take a few megabytes and
 * moving one costs a handful of comparisons; a timer each would cost forty, a cron job each nine thousand.
 */
export interface DueHeap {
  readonly size: number;
  /** Adds `item`, or moves it when it is there. */
  set(item: number, dueMs: number): void;
  remove(item: number): void;
  /** Time of the earliest; Infinity when empty. */
  nextDueMs(): number;
  /** Takes the earliest out; -1 when empty. */
  pop(): number;
}

export function createDueHeap(): DueHeap {
  let due = new Float64Array(1024);
  let items = new Int32Array(1024);
  /** item → its place in the heap plus one; 0 when it is not there. */
  let places = new Int32Array(1024);
  let size = 0;

  const put = (place: number, item: number, dueMs: number) => {
    items[place] = item;
    due[place] = dueMs;
    places[item] = place + 1;
  };

  const up = (start: number, item: number, dueMs: number) => {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (due[parent]! <= dueMs) break;
      put(place, items[parent]!, due[parent]!);
      place = parent;
    }
    put(place, item, dueMs);
  };

  const down = (start: number, item: number, dueMs: number) => {
    let place = start;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && due[child + 1]! < due[child]!) child++;
      if (due[child]! >= dueMs) break;
      put(place, items[child]!, due[child]!);
      place = child;
    }
    put(place, item, dueMs);
  };

  const removeAt = (place: number) => {
    places[items[place]!] = 0;
    size--;
    if (place === size) return;
    const item = items[size]!;
    const dueMs = due[size]!;
    if (place > 0 && due[(place - 1) >> 1]! > dueMs) up(place, item, dueMs);
    else down(place, item, dueMs);
  };

  return {
    get size() {
      return size;
    },
    set(item, dueMs) {
      if (item >= places.length) places = grown(places, new Int32Array(Math.max(places.length * 2, item + 1)));
      const place = places[item]!;
      if (place > 0) {
        if (dueMs < due[place - 1]!) up(place - 1, item, dueMs);
        else down(place - 1, item, dueMs);
        return;
      }
      if (size === items.length) {
        items = grown(items, new Int32Array(size * 2));
        due = grown(due, new Float64Array(size * 2));
      }
      up(size++, item, dueMs);
    },
    remove(item) {
      const place = places[item] ?? 0;
      if (place > 0) removeAt(place - 1);
    },
    nextDueMs: () => (size === 0 ? Number.POSITIVE_INFINITY : due[0]!),
    pop() {
      if (size === 0) return -1;
      const item = items[0]!;
      removeAt(0);
      return item;
    },
  };
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
