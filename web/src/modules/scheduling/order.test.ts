import { expect, it } from "vitest";
import { moveTo } from "./order";
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
