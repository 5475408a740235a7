import { expect, test } from "vitest";
import { en } from "@/i18n/en";
import { faultsOf, formOf, policyOf } from "./retentionForm";

const policy = {
  audit: 400,
  audit_archives: null,
  notification_logs: null,
  notifications: 60,
  integration_logs: null,
  workflow_logs: null,
  events: null,
  on_hold: true,
};

test("what is empty is the instance's, and comes back as it was", () => {
  const form = formOf(policy);
  expect([form.audit, form.notification_logs, form.on_hold]).toEqual([400, "", true]);
  expect(policyOf(form)).toEqual(policy);
  expect(policyOf({ ...form, events: "30", audit: "" })).toEqual({ ...policy, events: 30, audit: null });
});

test("what is outside the instance's bounds is told at its field", () => {
  const kinds = [
    { kind: "audit" as const, least: 365, most: 3653, default: 2557 },
    { kind: "events" as const, least: 7, most: 730, default: 90 },
  ];
  expect(faultsOf(formOf(policy), kinds, en)).toEqual({});
  const faults = faultsOf({ ...formOf(policy), audit: 364, events: 7.5 }, kinds, en);
  expect(faults).toEqual({ audit: "Between 365 and 3,653", events: "Between 7 and 730" });
});
