/** How long a workspace keeps things, in English. */
const plural = new Intl.PluralRules("en");
const number = new Intl.NumberFormat("en");
const n = (count: number, one: string, other: string) =>
  `${number.format(count)} ${plural.select(count) === "one" ? one : other}`;

export const retention = {
  periods: "What is kept, and for how long",
  text: "Each night what is older is removed for good. Leave a field empty to keep it as long as this instance does.",
  kinds: {
    audit: "Audit trail",
    audit_archives: "Archives of the audit trail",
    notification_logs: "Mails that were sent",
    notifications: "Notifications",
    integration_logs: "Log of integrations",
    workflow_logs: "Runs of workflows",
    events: "Events and finished jobs",
  },
  kindTexts: {
    audit: "Older months move to signed archives, where whoever hosts this instance finds them again.",
    audit_archives: "From when each was made.",
    notification_logs: "And what became of each.",
    notifications: "From when they were read. What nobody read is kept nine months longer.",
    integration_logs: "What was exchanged with other services.",
    workflow_logs: "With each step and its outcome.",
    events: "Once all that reacts to them has done so.",
  },
  suffix: " days",
  bounds: (least: number, most: number) => `Between ${number.format(least)} and ${n(most, "day", "days")}.`,
  fixed: (days: number) => `This instance keeps it for ${n(days, "day", "days")}.`,
  otherwise: (days: number | null) =>
    days === null ? "Otherwise it is kept for good." : `Otherwise ${n(days, "day", "days")}.`,
  between: (least: number, most: number) => `Between ${number.format(least)} and ${number.format(most)}`,
  hold: "Keep everything for now",
  holdText: "For a dispute at law, say. While it is on, nothing of this is removed or archived.",
  simulate: "Show what would go",
  simulation: "What would go",
  simulationText: "If it were removed now. The nightly run decides anew.",
  kind: "What",
  count: "How many",
  before: "Older than",
  nothing: "Nothing would go",
  stays: "Everything stays",
  saved: "Saved. It counts from the next night on.",
  reset: "Discard changes",
  archives: "Archives",
  archivesText:
    "Older months have left the database. Whoever hosts this instance searches and proves them by its command line.",
  archiveRemoved: (date: string) => `removed ${date}, its time being over`,
};

export type Retention = typeof retention;
