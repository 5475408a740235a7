import { describe, expect, it } from "vitest";
import { en } from "./en";
import { nearestLocale } from "./index";
import { nl } from "./nl";
import { ptBR } from "./pt-BR";

/** Every text with its path; functions are called with sample values. */
function texts(catalogue: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(catalogue)) {
    const at = path ? `${path}.${key}` : key;
    if (typeof value === "string") found.set(at, value);
    else if (typeof value === "function") found.set(at, String(value("Ana", "two", 3)));
    else for (const [inner, text] of texts(value, at)) found.set(inner, text);
  }
  return found;
}

const english = texts(en);

describe.each([
  ["nl", nl],
  ["pt-BR", ptBR],
] as const)("the catalogue %s", (name, catalogue) => {
  const translated = texts(catalogue);

  it("has the texts of the English one, no more and no fewer", () => {
    expect([...translated.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("leaves no text empty and uses the names it is given", () => {
    for (const [path, text] of translated) {
      expect(text.trim(), path).not.toBe("");
      if (english.get(path)?.includes("Ana")) expect(text, path).toContain("Ana");
    }
  });

  it("is translated, apart from words both languages share", () => {
    const same = [...translated].filter(([path, text]) => text === english.get(path) && text.includes(" "));
    const shared = new Set(["eventTypes.minutes"]);
    expect(
      same.map(([path]) => path).filter((path) => !shared.has(path)),
      name,
    ).toEqual([]);
  });
});

it("speaks without exclamation marks or boasts", () => {
  for (const catalogue of [en, nl, ptBR]) {
    for (const [path, text] of texts(catalogue)) {
      expect(text, path).not.toMatch(/!|successfully|com sucesso|succesvol/i);
    }
  }
});

it("counts as each language does", () => {
  expect(en.bookings.count(1)).toBe("1 booking");
  expect(en.bookings.count(2)).toBe("2 bookings");
  expect(nl.bookings.count(1)).toBe("1 boeking");
  expect(ptBR.bookings.count(0)).toBe("0 reserva");
  expect(ptBR.bookings.count(5)).toBe("5 reservas");
});

it("finds the nearest language", () => {
  expect(nearestLocale(["pt-PT"])).toBe("pt-BR");
  expect(nearestLocale([null, "de-DE", "nl-BE", "en"])).toBe("nl");
  expect(nearestLocale([])).toBe("en");
});
