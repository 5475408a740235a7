/** Unsaved input that survives a reload, until it is saved or discarded. */
import { useCallback, useState } from "react";

const PREFIX = "atrium.draft.";

export interface Draft<T> {
  /** The version of the record on which the draft was begun. */
  base: number;
  value: T;
}

export function readDraft<T>(store: Storage, key: string): Draft<T> | null {
  try {
    const text = store.getItem(PREFIX + key);
    if (!text) return null;
    const draft = JSON.parse(text) as Draft<T>;
    return typeof draft.base === "number" ? draft : null;
  } catch {
    return null;
  }
}

export function writeDraft<T>(store: Storage, key: string, draft: Draft<T> | null): void {
  try {
    if (draft) store.setItem(PREFIX + key, JSON.stringify(draft));
    else store.removeItem(PREFIX + key);
  } catch {
    // A full or forbidden store costs the draft, not the work at hand.
  }
}

/** A draft kept in localStorage under a key that names the record. */
export function useDraft<T>(key: string): [Draft<T> | null, (draft: Draft<T> | null) => void] {
  const [held, setHeld] = useState(() => ({ key, draft: readDraft<T>(localStorage, key) }));
  const draft = held.key === key ? held.draft : readDraft<T>(localStorage, key);
  const set = useCallback(
    (next: Draft<T> | null) => {
      writeDraft(localStorage, key, next);
      setHeld({ key, draft: next });
    },
    [key],
  );
  return [draft, set];
}

/** Forgets all drafts; called when somebody signs out of a shared machine. */
export function clearDrafts(store: Storage = localStorage): void {
  for (const key of Object.keys(store)) if (key.startsWith(PREFIX)) store.removeItem(key);
}
