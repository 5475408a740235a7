import { expect, it } from "vitest";
import { en } from "@/i18n/en";
import { nl } from "@/i18n/nl";
import { ptBR } from "@/i18n/pt-BR";
import { actorName } from "@/shared/eventText";
import { auditAction } from "./auditAction";
import { changedFields, shown } from "./changedFields";
import { linksIn } from "./linksIn";

it("lists what a change changed", () => {
  expect(changedFields({ a: 1, b: [1], c: "x" }, { a: 1, b: [2], d: null })).toEqual([
    { field: "b", before: [1], after: [2] },
    { field: "c", before: "x", after: undefined },
    { field: "d", before: undefined, after: null },
  ]);
  expect(changedFields(null, { a: 1 })).toHaveLength(1);
  expect(shown("")).toBe("∅");
  expect(shown({ a: 1 })).toBe('{"a":1}');
});

it("finds the links of a mail once each, never a script", () => {
  const html = `<a href="http://localhost:8080/verify-email?token=a&amp;b=1">x</a><a href='javascript:alert(1)'>y</a>`;
  const text = "Open http://localhost:8080/verify-email?token=a&b=1. Or https://example.com/x, please.";
  expect(linksIn(html, text)).toEqual([
    "http://localhost:8080/verify-email?token=a&b=1",
    "https://example.com/x",
  ]);
});

it("names who did it in the reader's language, members by their own name", () => {
  expect(actorName({ id: null, name: "visitor" }, ptBR)).toBe("Visitante");
  expect(actorName({ id: null, name: "atrium" }, nl)).toBe("Systeem");
  expect(actorName(null, en)).toBe("System");
  expect(actorName({ id: "x", name: "visitor" }, nl)).toBe("visitor");
});

it("names what was done in the reader's language, raw where it has no name yet", () => {
  expect(auditAction("booking.created", en)).toBe("Booking made");
  expect(auditAction("booking.created", nl)).toBe("Boeking gemaakt");
  expect(auditAction("booking.created", ptBR)).toBe("Reserva feita");
  expect(auditAction("invoice.sent", en)).toBe("invoice.sent");
  expect(auditAction("constructor", en)).toBe("constructor");
});
