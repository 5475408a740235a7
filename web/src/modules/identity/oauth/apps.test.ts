import { expect, test } from "vitest";
import { linesIn, markOf } from "./apps";

test("addresses stand one a line", () => {
  expect(linesIn(" https://a.example/cb \n\nhttps://b.example/cb\n")).toEqual([
    "https://a.example/cb",
    "https://b.example/cb",
  ]);
});

test("a mark is made of a name", () => {
  expect([markOf("notes for all"), markOf("Zapier"), markOf(" "), markOf("été")]).toEqual([
    "NF",
    "Z",
    "",
    "É",
  ]);
});
