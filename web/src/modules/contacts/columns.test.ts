import { expect, it } from "vitest";
import { DEFAULT_COLUMNS, knownColumns, nextSort } from "./columns";

it("keeps known columns in their order", () => {
  expect(knownColumns(["lifecycle", "gone", "email"])).toEqual(["email", "lifecycle"]);
  expect(knownColumns("broken")).toEqual(DEFAULT_COLUMNS);
  expect(knownColumns([])).toEqual([]);
});

it("goes through the sorts of a heading", () => {
  const allowed = ["name", "-name", "-created_at"] as const;
  expect(nextSort(undefined, "name", allowed)).toBe("name");
  expect(nextSort("name", "name", allowed)).toBe("-name");
  expect(nextSort("-name", "name", allowed)).toBeUndefined();
  expect(nextSort("name", "created_at", allowed)).toBe("-created_at");
});
