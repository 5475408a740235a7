/** The form of how long things are kept, to and from what the API knows. */
import type { CurrentRetention, RetentionPolicy } from "@/api/types";
import type { Catalogue } from "@/i18n/en";

export type Kind = CurrentRetention["kinds"][number]["kind"];

/** Days by kind, empty where the instance's period holds. */
export type RetentionForm = Record<Kind, number | string> & { on_hold: boolean };

const KINDS = [
  "audit",
  "audit_archives",
  "notification_logs",
  "notifications",
  "integration_logs",
  "workflow_logs",
  "events",
] as const satisfies readonly Kind[];

export function formOf(policy: RetentionPolicy): RetentionForm {
  const days = Object.fromEntries(KINDS.map((kind) => [kind, policy[kind] ?? ""])) as Record<
    Kind,
    number | string
  >;
  return { ...days, on_hold: policy.on_hold };
}

export function policyOf(form: RetentionForm): RetentionPolicy {
  const days = Object.fromEntries(
    KINDS.map((kind) => [kind, form[kind] === "" ? null : Number(form[kind])]),
  ) as Record<Kind, number | null>;
  return { ...days, on_hold: form.on_hold };
}

/** What can be told before anything is sent. */
export function faultsOf(
  form: RetentionForm,
  kinds: CurrentRetention["kinds"],
  t: Catalogue,
): Partial<Record<Kind, string>> {
  const faults: Partial<Record<Kind, string>> = {};
  for (const { kind, least, most } of kinds) {
    const days = Number(form[kind]);
    if (form[kind] !== "" && !(Number.isInteger(days) && days >= least && days <= most)) {
      faults[kind] = t.retention.between(least, most);
    }
  }
  return faults;
}
