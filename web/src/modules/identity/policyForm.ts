/** The security policy's form, to and from what the API knows. */
import type { Problem } from "@/api/problem";
import { fieldErrors } from "@/api/problem";
import type { SecurityPolicy } from "@/api/types";
import type { Catalogue } from "@/i18n/en";
import { dateIn, startOfDay } from "@/shared/time";

export const UNITS = ["minutes", "hours", "days"] as const;
export type Unit = (typeof UNITS)[number];
const SECONDS: Record<Unit, number> = { minutes: 60, hours: 3600, days: 86_400 };

/** What the server takes: sessions of a member, seconds of a timeout, and grace. */
const BOUNDS = {
  max_concurrent: [1, 100],
  timeout: [300, 2_592_000],
  grace_logins: [0, 20],
  grace_days: [0, 90],
} as const;

export interface PolicyForm {
  /** Empty for any number. */
  max_concurrent: number | string;
  when_exceeded: SecurityPolicy["session"]["when_exceeded"];
  /** In `unit`; empty for the instance's own. */
  timeout: number | string;
  unit: Unit;
  extend_on_activity: boolean;
  mail_links_allowed: boolean;
  company_only: boolean;
  company_is_second_factor: boolean;
  required: boolean;
  /** A date in the reader's zone (YYYY-MM-DD); empty for at once. */
  enforced_from: string;
  grace_logins: number | string;
  grace_days: number | string;
  backup_codes_allowed: boolean;
  remember_devices_allowed: boolean;
  exempt_role_ids: string[];
  /** One address or range per line. */
  allowed: string;
  blocked: string;
}

/** The largest unit that says the seconds without a rest. */
function unitOf(seconds: number): Unit {
  return [...UNITS].reverse().find((unit) => seconds % SECONDS[unit] === 0) ?? "minutes";
}

export function formOf(policy: SecurityPolicy, zone: string): PolicyForm {
  const { session, sign_in, two_factor, addresses } = policy;
  const unit = session.timeout_seconds === null ? "hours" : unitOf(session.timeout_seconds);
  return {
    max_concurrent: session.max_concurrent ?? "",
    when_exceeded: session.when_exceeded,
    timeout: session.timeout_seconds === null ? "" : session.timeout_seconds / SECONDS[unit],
    unit,
    extend_on_activity: session.extend_on_activity,
    mail_links_allowed: sign_in.mail_links_allowed,
    company_only: sign_in.company_only,
    company_is_second_factor: sign_in.company_is_second_factor,
    required: two_factor.required,
    enforced_from: two_factor.enforced_from === null ? "" : dateIn(two_factor.enforced_from, zone),
    grace_logins: two_factor.grace_logins,
    grace_days: two_factor.grace_days,
    backup_codes_allowed: two_factor.backup_codes_allowed,
    remember_devices_allowed: two_factor.remember_devices_allowed,
    exempt_role_ids: two_factor.exempt_role_ids,
    allowed: addresses.allowed.join("\n"),
    blocked: addresses.blocked.join("\n"),
  };
}

export function linesOf(text: string): string[] {
  return text
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The text with one more line, unless it has it already. */
export function withLine(text: string, line: string): string {
  const lines = linesOf(text);
  return lines.includes(line) ? text : [...lines, line].join("\n");
}

/** What is sent. A date that was not changed keeps the hour it was stored with; of the exempt roles those that still are. */
export function policyOf(
  form: PolicyForm,
  stored: SecurityPolicy,
  zone: string,
  roles: readonly { id: string }[] | undefined,
): SecurityPolicy {
  const before = stored.two_factor.enforced_from;
  const kept = before !== null && dateIn(before, zone) === form.enforced_from;
  const from = form.enforced_from === "" ? null : startOfDay(form.enforced_from, zone).toISOString();
  return {
    session: {
      max_concurrent: form.max_concurrent === "" ? null : Number(form.max_concurrent),
      when_exceeded: form.when_exceeded,
      timeout_seconds: form.timeout === "" ? null : Math.round(Number(form.timeout) * SECONDS[form.unit]),
      extend_on_activity: form.extend_on_activity,
    },
    sign_in: {
      mail_links_allowed: form.mail_links_allowed,
      company_only: form.company_only,
      company_is_second_factor: form.company_is_second_factor,
    },
    two_factor: {
      required: form.required,
      enforced_from: kept ? before : from,
      grace_logins: Number(form.grace_logins),
      grace_days: Number(form.grace_days),
      backup_codes_allowed: form.backup_codes_allowed,
      remember_devices_allowed: form.remember_devices_allowed,
      exempt_role_ids: form.exempt_role_ids.filter((id) => !roles || roles.some((role) => role.id === id)),
    },
    addresses: { allowed: linesOf(form.allowed), blocked: linesOf(form.blocked) },
  };
}

type Faults = Partial<Record<keyof PolicyForm, string>>;

function isWhole(value: number | string, [least, most]: readonly [number, number]): boolean {
  return value !== "" && Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= most;
}

/** What can be told before anything is sent. */
export function faultsOf(form: PolicyForm, t: Catalogue): Faults {
  const faults: Faults = {};
  if (form.max_concurrent !== "" && !isWhole(form.max_concurrent, BOUNDS.max_concurrent)) {
    faults.max_concurrent = t.policy.between(...BOUNDS.max_concurrent);
  }
  if (
    form.timeout !== "" &&
    !isWhole(Math.round(Number(form.timeout) * SECONDS[form.unit]), BOUNDS.timeout)
  ) {
    faults.timeout = t.policy.timeoutRange;
  }
  if (!isWhole(form.grace_logins, BOUNDS.grace_logins)) {
    faults.grace_logins = t.policy.between(...BOUNDS.grace_logins);
  }
  if (!isWhole(form.grace_days, BOUNDS.grace_days)) {
    faults.grace_days = t.policy.between(...BOUNDS.grace_days);
  }
  return faults;
}

/** The form's field for one of the API's, such as `addresses.allowed.0`. */
function fieldFor(path: string): keyof PolicyForm | undefined {
  const name = path.split(".")[1];
  if (name === "timeout_seconds") return "timeout";
  const known = [
    "max_concurrent",
    "company_only",
    "enforced_from",
    "grace_logins",
    "grace_days",
    "exempt_role_ids",
    "allowed",
    "blocked",
  ];
  return known.find((field) => field === name) as keyof PolicyForm | undefined;
}

/** The server's refusals at the form's fields, wrong addresses by their own text; and those that have no field here. */
export function placed(
  problem: Problem,
  sent: SecurityPolicy,
  t: Catalogue,
): { faults: Faults; rest: string[] } {
  const faults: Faults = {};
  const rest: string[] = [];
  const wrong = { allowed: [] as string[], blocked: [] as string[] };
  for (const [path, message] of Object.entries(fieldErrors(problem, t))) {
    const field = fieldFor(path);
    const number = path.split(".")[2];
    if ((field === "allowed" || field === "blocked") && number !== undefined) {
      wrong[field].push(sent.addresses[field][Number(number)] ?? number);
    } else if (field) {
      faults[field] ??= message;
    } else {
      rest.push(`${path}: ${message}`);
    }
  }
  for (const field of ["allowed", "blocked"] as const) {
    if (wrong[field].length > 0) faults[field] = t.policy.noAddress(wrong[field].slice(0, 5).join(", "));
  }
  return { faults, rest };
}
