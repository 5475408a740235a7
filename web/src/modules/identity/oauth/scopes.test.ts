import { expect, test } from "vitest";
import { en } from "@/i18n/en";
import { linesOf } from "./scopes";

test("what is asked for is told once for each kind, the person first", () => {
  const lines = linesOf(["contacts:write", "email", "contacts:read", "openid"], en);
  expect(lines).toEqual([en.oauth.scopes.openid, en.oauth.scopes.email, "Contacts: see, change"]);
  expect(linesOf([], en)).toEqual([]);
});
