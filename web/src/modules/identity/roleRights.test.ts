import { expect, test } from "vitest";
import type { Grant, Permission, Role } from "@/api/types";
import { en } from "@/i18n/en";
import {
  beyond,
  categoriesOf,
  choicesOf,
  covers,
  lineOf,
  parentsFor,
  reachOf,
  sourceText,
  withReach,
} from "./roleRights";

const grant = (codename: string, scope: Grant["scope"] = "all"): Grant => ({ codename, scope });

function permission(codename: string, category: string, has_own = true): Permission {
  const [resource = "", action = ""] = codename.split(":");
  return { codename, category, has_own, resource, action, name: codename, description: "" };
}

function role(id: string, parent_id: string | null): Role {
  return {
    id,
    parent_id,
    name: id,
    description: "",
    kind: "custom",
    is_default: false,
    permissions: [],
    own_permissions: [],
    member_count: 0,
    version: 1,
  };
}

test("what is had anyway is not granted again, and nothing goes below it", () => {
  const inherited = [grant("contacts:read", "own")];
  expect(withReach([], inherited, "contacts:read", "own")).toEqual([]);
  expect(withReach([], inherited, "contacts:read", "all")).toEqual([grant("contacts:read")]);
  expect(withReach([grant("contacts:read")], inherited, "contacts:read", "none")).toEqual([]);
  expect(beyond([grant("contacts:read", "own"), grant("files:read", "own")], inherited)).toEqual([
    grant("files:read", "own"),
  ]);
  expect(reachOf([grant("a:b", "own"), grant("a:b")], "a:b")).toBe("all");
});

test("nobody chooses beyond what he or she holds", () => {
  const contacts = permission("contacts:read", "Contacts");
  const open = (inherited: "none" | "own" | "all", held: "none" | "own" | "all", now = inherited) =>
    choicesOf(contacts, inherited, held, now)
      .filter((choice) => !choice.disabled)
      .map((choice) => choice.value);
  expect(open("none", "all")).toEqual(["none", "own", "all"]);
  expect(open("none", "own")).toEqual(["none", "own"]);
  expect(open("own", "all")).toEqual(["own", "all"]);
  expect(open("none", "none")).toEqual(["none"]);
  // What somebody higher gave is shown as it is.
  expect(open("none", "own", "all")).toEqual(["none", "own", "all"]);
  expect(
    choicesOf(permission("audit:read", "Workspace", false), "none", "all", "none").map((one) => one.value),
  ).toEqual(["none", "all"]);
  expect(covers([grant("a:b", "own")], [grant("a:b")])).toBe(false);
  expect(covers([grant("a:b")], [grant("a:b", "own")])).toBe(true);
});

test("a line of roles ends, and nothing stands above itself", () => {
  const roles = [role("a", "b"), role("b", "c"), role("c", null), role("x", "y"), role("y", "x")];
  const [a, , c, x] = roles as [Role, Role, Role, Role];
  expect(lineOf(a, roles).map((one) => one.id)).toEqual(["a", "b", "c"]);
  expect(lineOf(x, roles).map((one) => one.id)).toEqual(["x", "y"]);
  expect(parentsFor(c, roles).map((one) => one.id)).toEqual(["x", "y"]);
  expect(parentsFor(undefined, roles)).toHaveLength(5);
});

test("permissions stand under their headings in the order of the words", () => {
  const all = [
    permission("audit:read", "Workspace"),
    permission("contacts:write", "Contacts"),
    permission("contacts:read", "Contacts"),
    permission("bookings:read", "Scheduling"),
  ];
  expect(categoriesOf(all, en).map((one) => [one.name, one.permissions.map((p) => p.codename)])).toEqual([
    ["Scheduling", ["bookings:read"]],
    ["Contacts", ["contacts:read", "contacts:write"]],
    ["Workspace", ["audit:read"]],
  ]);
  expect(
    sourceText(
      {
        scope: "all",
        path: [
          { id: "1", name: "Lead" },
          { id: "2", name: "admin" },
        ],
      },
      en,
    ),
  ).toBe("All: Lead › Administrator");
  expect(sourceText({ scope: "all", path: [] }, en)).toBe(`All: ${en.roles.given}`);
});
