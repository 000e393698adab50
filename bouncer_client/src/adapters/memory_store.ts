import type { Store } from "./keeper.ts";

/** localStorage's fake, for tests; `room` is how many characters it takes. */
export class MemoryStore implements Store {
  readonly items = new Map<string, string>();

  constructor(private readonly room = Number.POSITIVE_INFINITY) {}

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (key.length + value.length > this.room) throw new DOMException("no room", "QuotaExceededError");
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}
