import { beforeEach, expect, it } from "vitest";
import { clearDrafts, readDraft, writeDraft } from "./draft";

class MemoryStorage implements Storage {
  [name: string]: unknown;
  readonly #items = new Map<string, string>();
  get length() {
    return this.#items.size;
  }
  clear() {
    this.#items.clear();
  }
  key(index: number) {
    return [...this.#items.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.#items.set(key, value);
    this[key] = value;
  }
  removeItem(key: string) {
    this.#items.delete(key);
    delete this[key];
  }
}

let store: Storage;
beforeEach(() => {
  store = new MemoryStorage();
});

it("gives back what was kept, with the version it began on", () => {
  writeDraft(store, "schedule.1", { base: 3, value: { name: "Hours" } });
  expect(readDraft(store, "schedule.1")).toEqual({ base: 3, value: { name: "Hours" } });
  writeDraft(store, "schedule.1", null);
  expect(readDraft(store, "schedule.1")).toBeNull();
});

it("takes broken text for no draft", () => {
  store.setItem("atrium.draft.x", "{");
  expect(readDraft(store, "x")).toBeNull();
  store.setItem("atrium.draft.x", '{"value":1}');
  expect(readDraft(store, "x")).toBeNull();
});

it("forgets drafts at sign-out and nothing else", () => {
  writeDraft(store, "a", { base: 1, value: 1 });
  store.setItem("atrium.locale", "nl");
  clearDrafts(store);
  expect(readDraft(store, "a")).toBeNull();
  expect(store.getItem("atrium.locale")).toBe("nl");
});
