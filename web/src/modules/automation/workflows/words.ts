/** Words for what workflows are made of. */
import type { WorkflowOptions } from "@/api/types";
import type { Catalogue } from "@/i18n/en";
import { readable, wordFor } from "@/shared/eventText";

export function triggerText(trigger: string, t: Catalogue): string {
  return t.workflows.moments[trigger] ?? wordFor(t.audit.actions, trigger);
}

/** `contact.job_title` as "Contact: job title". */
export function fieldText(path: string, t: Catalogue): string {
  const [root = "", ...rest] = path.split(".");
  if (root === "steps") {
    const position = Number(rest[0]);
    return rest[1] === "outcome" ? t.workflows.stepOutcome(position) : t.workflows.stepStatus(position);
  }
  return `${wordFor(t.workflows.records, root)}: ${readable(rest.join(" "))}`;
}

export interface Field {
  path: string;
  kind: string;
  values: string[];
  settable: boolean;
}

/** The fields that a workflow of that trigger can ask for: of its record, and of the contact of that. */
export function fieldsOf(options: WorkflowOptions, trigger: string): Field[] {
  const subject = trigger.split(".", 1)[0] ?? "";
  const isRecord = options.records.some((record) => record.name === subject);
  return options.records
    .filter((record) => record.name === subject || (isRecord && record.name === "contact"))
    .flatMap((record) =>
      record.fields.map((field) => ({
        path: `${record.name}.${field.name}`,
        kind: field.kind,
        values: field.values,
        settable: field.is_settable,
      })),
    );
}

/** What can be asked of the steps before one. */
export function stepFields(earlier: number): Field[] {
  return Array.from({ length: earlier }, (_, index) => [
    {
      path: `steps.${index + 1}.status`,
      kind: "choice",
      values: ["succeeded", "failed", "skipped"],
      settable: false,
    },
    { path: `steps.${index + 1}.outcome`, kind: "text", values: [], settable: false },
  ]).flat();
}

export const UNITS = { minutes: 1, hours: 60, days: 1440 } as const;
export type Unit = keyof typeof UNITS;

/** The largest unit that says it in whole numbers. */
export function unitOf(minutes: number): Unit {
  if (minutes > 0 && minutes % UNITS.days === 0) return "days";
  return minutes > 0 && minutes % UNITS.hours === 0 ? "hours" : "minutes";
}
