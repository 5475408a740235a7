import { expect, test } from "vitest";
import { en } from "@/i18n/en";
import { choicesOf, linesOf } from "./scopes";

test("what is asked for is told once for each kind, the person first", () => {
  const lines = linesOf(["contacts:write", "email", "contacts:read", "openid"], en);
  expect(lines).toEqual([en.oauth.scopes.openid, en.oauth.scopes.email, "Contacts: see, change"]);
  expect(linesOf([], en)).toEqual([]);
});

test("what is chosen among stands by itself, the person first", () => {
  const choices = choicesOf(["contacts:write", "offline_access", "contacts:read", "openid"], en);
  expect(choices).toEqual([
    { scope: "openid", label: en.oauth.scopes.openid },
    { scope: "offline_access", label: en.oauth.scopes.offline_access },
    { scope: "contacts:read", label: "Contacts: see" },
    { scope: "contacts:write", label: "Contacts: change" },
  ]);
});
