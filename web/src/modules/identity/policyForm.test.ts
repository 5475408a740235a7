import { describe, expect, it } from "vitest";
import { Problem } from "@/api/problem";
import type { SecurityPolicy } from "@/api/types";
import { en } from "@/i18n/en";
import { nl } from "@/i18n/nl";
import { faultsOf, formOf, linesOf, placed, policyOf, withLine } from "./policyForm";

const OPEN: SecurityPolicy = {
  session: {
    max_concurrent: null,
    when_exceeded: "end_oldest",
    timeout_seconds: null,
    extend_on_activity: true,
  },
  sign_in: { mail_links_allowed: true, company_only: false, company_is_second_factor: false },
  two_factor: {
    required: false,
    enforced_from: null,
    grace_logins: 3,
    grace_days: 7,
    backup_codes_allowed: true,
    remember_devices_allowed: false,
    exempt_role_ids: [],
  },
  addresses: { allowed: [], blocked: [] },
};
const STRICT: SecurityPolicy = {
  session: { max_concurrent: 3, when_exceeded: "deny", timeout_seconds: 5400, extend_on_activity: false },
  sign_in: { mail_links_allowed: false, company_only: true, company_is_second_factor: true },
  two_factor: {
    required: true,
    enforced_from: "2026-12-01T09:30:00Z",
    grace_logins: 0,
    grace_days: 90,
    backup_codes_allowed: false,
    remember_devices_allowed: true,
    exempt_role_ids: ["one", "two"],
  },
  addresses: { allowed: ["203.0.113.0/24", "2001:db8::/32"], blocked: ["203.0.113.66"] },
};
const ZONE = "Europe/Amsterdam";

describe("the form of the security policy", () => {
  it("gives back what it was filled with", () => {
    for (const policy of [OPEN, STRICT]) {
      expect(policyOf(formOf(policy, ZONE), policy, ZONE, undefined)).toEqual(policy);
    }
  });

  it("says a timeout in the largest unit without a rest", () => {
    const shown = (timeout_seconds: number) => {
      const { timeout, unit } = formOf({ ...OPEN, session: { ...OPEN.session, timeout_seconds } }, ZONE);
      return `${timeout} ${unit}`;
    };
    expect([300, 5400, 7200, 86_400, 90_000].map(shown)).toEqual([
      "5 minutes",
      "90 minutes",
      "2 hours",
      "1 days",
      "25 hours",
    ]);
    // Not of whole minutes, which only a program sends: it is not rounded to another.
    const odd = { ...OPEN, session: { ...OPEN.session, timeout_seconds: 301 } };
    expect(policyOf(formOf(odd, ZONE), odd, ZONE, undefined)).toEqual(odd);
  });

  it("begins a date at the reader's midnight", () => {
    const form = { ...formOf(STRICT, ZONE), enforced_from: "2026-12-02" };
    expect(policyOf(form, STRICT, ZONE, undefined).two_factor.enforced_from).toBe("2026-12-01T23:00:00.000Z");
    expect(
      policyOf({ ...form, enforced_from: "" }, STRICT, ZONE, undefined).two_factor.enforced_from,
    ).toBeNull();
  });

  it("leaves out exempt roles that were deleted, where it knows the roles", () => {
    const policy = policyOf(formOf(STRICT, ZONE), STRICT, ZONE, [{ id: "two" }]);
    expect(policy.two_factor.exempt_role_ids).toEqual(["two"]);
  });

  it("reads addresses from lines, however they were pasted", () => {
    expect(linesOf(" 10.0.0.1\r\n\n10.0.0.2, 10.0.0.3;\n")).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    expect(withLine("10.0.0.1\n", "10.0.0.2")).toBe("10.0.0.1\n10.0.0.2");
    expect(withLine("10.0.0.2\n10.0.0.1", "10.0.0.2")).toBe("10.0.0.2\n10.0.0.1");
  });

  it("tells what is out of range before it is sent", () => {
    const form = formOf(OPEN, ZONE);
    expect(faultsOf(form, en)).toEqual({});
    expect(faultsOf({ ...form, timeout: 0.5, unit: "hours" }, en)).toEqual({});
    expect(
      Object.keys(
        faultsOf(
          { ...form, max_concurrent: 101, timeout: 4, unit: "minutes", grace_logins: "", grace_days: 91 },
          en,
        ),
      ),
    ).toEqual(["max_concurrent", "timeout", "grace_logins", "grace_days"]);
    expect(Object.keys(faultsOf({ ...form, max_concurrent: 0, timeout: 31, unit: "days" }, en))).toEqual([
      "max_concurrent",
      "timeout",
    ]);
  });

  it("puts refusals at their fields, addresses by their text", () => {
    const sent = { ...OPEN, addresses: { allowed: ["10.0.0.1", "nowhere"], blocked: ["10.0.0.0/99"] } };
    const problem = new Problem(422, {
      errors: [
        { field: "session.timeout_seconds", code: "out_of_range", message: "" },
        { field: "addresses.allowed.1", code: "invalid", message: "" },
        { field: "addresses.blocked.0", code: "invalid", message: "" },
        { field: "addresses.blocked", code: "too_many", message: "" },
        { field: "two_factor.exempt_role_ids", code: "unknown", message: "" },
        { field: "other.thing", code: "invalid", message: "" },
      ],
    });
    const { faults, rest } = placed(problem, sent, nl);
    expect(faults).toEqual({
      timeout: nl.problems.fields.out_of_range,
      allowed: nl.policy.noAddress("nowhere"),
      blocked: nl.policy.noAddress("10.0.0.0/99"),
      exempt_role_ids: nl.problems.fields.unknown,
    });
    expect(rest).toEqual([`other.thing: ${nl.problems.fields.invalid}`]);
  });
});
