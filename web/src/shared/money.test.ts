import { expect, it } from "vitest";
import { decimalsOf, formatMoney, toMinor } from "./money";

it("knows the decimals of each currency", () => {
  expect([decimalsOf("EUR"), decimalsOf("JPY"), decimalsOf("KWD")]).toEqual([2, 0, 3]);
});

it("writes amounts as the locale does", () => {
  expect(formatMoney(1900, "EUR", "en")).toBe("€19.00");
  expect(formatMoney(1900, "JPY", "en")).toBe("¥1,900");
  expect(formatMoney(123456, "BRL", "pt-BR").replace(/\s/g, " ")).toBe("R$ 1.234,56");
});

it("takes what is typed without losing a cent", () => {
  expect([toMinor(19.99, "EUR"), toMinor(1.005, "KWD"), toMinor(1900, "JPY"), toMinor(0.29, "EUR")]).toEqual([
    1999, 1005, 1900, 29,
  ]);
});
