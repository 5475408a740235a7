import { describe, expect, it } from "vitest";
import type { Session } from "@/api/types";
import { deviceName } from "@/modules/identity/deviceName";
import { modulesFor, settingsFor } from "./navigation";
import * as read from "./search";
import { regionalTag } from "./session";

describe("addresses", () => {
  it("returns only to places within the app", () => {
    expect(read.path({ next: "/bookings?view=past" }, "next")).toBe("/bookings?view=past");
    for (const next of ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", ""]) {
      expect(read.path({ next }, "next")).toBeUndefined();
    }
  });

  it("drops what it does not understand", () => {
    expect(read.date({ from: "2026-02-30" }, "from")).toBeUndefined();
    expect(read.date({ from: "2026-02-28" }, "from")).toBe("2026-02-28");
    expect(read.oneOf({ view: "odd" }, "view", ["past"])).toBeUndefined();
    expect(read.text({ q: 12 }, "q")).toBe("12");
    expect(read.flag({ create: "yes" }, "create")).toBeUndefined();
  });
});

describe("the rail", () => {
  const session = (codenames: string[], is_platform_admin = false) =>
    ({
      user: { is_platform_admin },
      permissions: codenames.map((codename) => ({ codename, scope: "own" })),
    }) as unknown as Session;

  it("shows only modules the session may use", () => {
    expect(modulesFor(session(["bookings:read"])).map((m) => m.key)).toEqual([
      "home",
      "bookings",
      "settings",
    ]);
  });

  it("shows the mailbox to administrators of the instance alone", () => {
    const all = ["bookings:read", "jobs:manage", "audit:read", "settings:manage"];
    expect(modulesFor(session(all)).some((m) => m.key === "mailbox")).toBe(false);
    expect(modulesFor(session([], true)).some((m) => m.key === "mailbox")).toBe(true);
  });

  it("shows nothing of the person and of the instance to who is in a workspace for support", () => {
    const support = {
      ...session(["bookings:read", "settings:read"], true),
      lease: { granted_by: "Ana", ends_at: "2031-01-01T00:00:00Z", may_write: false, shows_personal: false },
    };
    expect(modulesFor(support).map((m) => [m.key, m.to])).toEqual([
      ["home", "/"],
      ["bookings", "/bookings"],
      ["settings", "/settings/workspace"],
    ]);
    expect(settingsFor(support).map((part) => part.key)).toEqual(["workspace"]);
    expect(modulesFor({ ...support, permissions: [] }).map((m) => m.key)).toEqual(["home"]);
  });
});

it("reads times as the region does where the member names only a language", () => {
  expect(regionalTag("en", "en", ["nl-NL", "en-GB"])).toBe("en-GB");
  expect(regionalTag("en-US", "en", ["en-GB"])).toBe("en-US");
  expect(regionalTag("nl", "nl", ["en-GB"])).toBe("nl");
});

it("names devices", () => {
  expect(deviceName("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140")).toBe(
    "Edge, Windows",
  );
  expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604")).toBe(
    "Safari, iPhone",
  );
  expect(deviceName("")).toBe("");
});
