/** Remembers the last ids, so that a repeated event is applied once. */
export class Seen {
  private readonly ids = new Set<string>();

  constructor(private readonly most = 5000) {}

  /** Whether the id is new; remembers it. */
  add(id: string): boolean {
    if (this.ids.has(id)) return false;
    this.ids.add(id);
    if (this.ids.size > this.most) {
      for (const oldest of this.ids) {
        this.ids.delete(oldest);
        break;
      }
    }
    return true;
  }

  clear(): void {
    this.ids.clear();
  }
}
