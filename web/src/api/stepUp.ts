/** Changes that need somebody there in person: who asks for that, and the one question that all waiting requests share. */

/** Asks the reader to confirm that it is oneself; false where that was refused or cancelled. */
type Ask = () => Promise<boolean>;

let ask: Ask | null = null;
let count = 0;
let asking: Promise<boolean> | null = null;

/** Who asks from now on; answers how to stop. Without anybody, refusals stay refusals. */
export function onStepUp(by: Ask): () => void {
  ask = by;
  return () => {
    if (ask === by) ask = null;
  };
}

/** How often the reader has confirmed; a request notes it when it is sent. */
export function confirmations(): number {
  return count;
}

/**
 * Whether the reader has confirmed since that many confirmations. Requests that come while the question stands wait for
 * the same answer.
 */
export function confirmedSince(before: number): Promise<boolean> {
  if (count > before) return Promise.resolve(true);
  if (!ask) return Promise.resolve(false);
  asking ??= ask()
    .then((is) => {
      if (is) count += 1;
      return is;
    })
    .finally(() => {
      asking = null;
    });
  return asking;
}
