/** The ids with one moved to a position; positions beyond the ends stop at them. */
export function moveTo(ids: readonly string[], id: string, to: number): string[] {
  const rest = ids.filter((x) => x !== id);
  if (rest.length === ids.length) return [...ids];
  const position = Math.max(0, Math.min(rest.length, to));
  return [...rest.slice(0, position), id, ...rest.slice(position)];
}

/** The items with those named put in the order given; the others keep their places. */
export function inOrder<T extends { id: string }>(items: readonly T[], ids: readonly string[]): T[] {
  const moved = ids.flatMap((id) => items.filter((item) => item.id === id));
  const named = new Set(ids);
  return items.map((item) => (named.has(item.id) ? (moved.shift() ?? item) : item));
}
