import { expect, it } from "vitest";
import { slugFault, slugify } from "./slug";

it("makes slugs of names in many scripts", () => {
  expect(slugify("Ana Conceição de Souza")).toBe("ana-conceicao-de-souza");
  expect(slugify("  O'Neill & Søn  ")).toBe("o-neill-son");
  expect(slugify("Straße 12")).toBe("strasse-12");
  expect(slugify("山田")).toBe("");
});

it("never ends in a hyphen after cutting", () => {
  expect(slugify(`${"a".repeat(59)} b`)).toBe("a".repeat(59));
});

it("makes only what the server accepts", () => {
  for (const name of ["Ana Souza", "--x--y--", "A  B   C", "Ünïcödé Name"]) {
    expect(slugFault(slugify(name), 1)).toBeNull();
  }
});

it("names the fault", () => {
  expect(slugFault("ab")).toBe("short");
  expect(slugFault("a".repeat(61))).toBe("long");
  for (const bad of ["Ana", "a--b", "-ab", "ab-", "a b", "é-a"]) expect(slugFault(bad)).toBe("shape");
  expect(slugFault("ana-2")).toBeNull();
});
