/** Working a list by keyboard: j and k move, Enter opens, x selects. */
import { useHotkeys } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";

/** The position after a step; moving stops at both ends, and the first step from nowhere lands on an end. */
export function step(current: number, by: 1 | -1, count: number): number {
  if (count === 0) return -1;
  if (current < 0) return by === 1 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, current + by));
}

/**
 * Key navigation over ids in their shown order. Rows carry `data-row={id}` and are scrolled into view and focused.
 */
export function useListKeys(
  ids: readonly string[],
  actions: { open: (id: string) => void; select?: (id: string) => void; close?: () => void },
): { current: string | null; setCurrent: (id: string | null) => void } {
  const [current, setCurrent] = useState<string | null>(null);
  const moved = useRef(false);
  const move = (by: 1 | -1) => {
    const next = ids[step(current ? ids.indexOf(current) : -1, by, ids.length)];
    moved.current = true;
    setCurrent(next ?? null);
  };
  useHotkeys([
    ["j", () => move(1)],
    ["k", () => move(-1)],
    [
      "Enter",
      (event) => {
        const target = event.target as HTMLElement;
        if (current && !target.closest("a,button,[role=menuitem],[role=dialog]")) actions.open(current);
      },
      { preventDefault: false },
    ],
    ["x", () => current && actions.select?.(current)],
    ["Escape", () => actions.close?.(), { preventDefault: false }],
  ]);
  useEffect(() => {
    if (!current || !moved.current) return;
    moved.current = false;
    const row = document.querySelector<HTMLElement>(`[data-row="${CSS.escape(current)}"]`);
    row?.scrollIntoView({ block: "nearest" });
    row?.focus({ preventScroll: true });
  }, [current]);
  return { current: current && ids.includes(current) ? current : null, setCurrent };
}
