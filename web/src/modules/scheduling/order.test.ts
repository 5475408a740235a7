import { expect, it } from "vitest";
import { inOrder, moveTo } from "./order";
import { wallClock } from "./wallClock";

it("moves one among others and stops at the ends", () => {
  expect(moveTo(["a", "b", "c"], "a", 2)).toEqual(["b", "c", "a"]);
  expect(moveTo(["a", "b", "c"], "c", -1)).toEqual(["c", "a", "b"]);
  expect(moveTo(["a", "b", "c"], "b", 9)).toEqual(["a", "c", "b"]);
  expect(moveTo(["a", "b"], "x", 0)).toEqual(["a", "b"]);
});

it("places instants on a zone's clocks", () => {
  expect(wallClock("2026-11-21T23:30:00Z", "Europe/Amsterdam")).toBe("2026-11-22 00:30:00");
});

it("orders those named and leaves the others in their places", () => {
  const items = ["a", "x", "b", "c"].map((id) => ({ id }));
  expect(inOrder(items, ["c", "a", "b"]).map((item) => item.id)).toEqual(["c", "x", "a", "b"]);
  expect(inOrder(items, ["gone", "b", "a"]).map((item) => item.id)).toEqual(["b", "x", "a", "c"]);
});
