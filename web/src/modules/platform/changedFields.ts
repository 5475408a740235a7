/** What differs between two states of a record; `undefined` where a state does not have the field. */
export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

function asObject(value: unknown): Record<string, unknown> {
  return value && typeof value === "object" && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

export function changedFields(before: unknown, after: unknown): FieldChange[] {
  const a = asObject(before);
  const b = asObject(after);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .sort()
    .filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]))
    .map((field) => ({ field, before: a[field], after: b[field] }));
}

/** A value as text: strings bare, everything else as JSON. */
export function shown(value: unknown): string {
  return typeof value === "string" ? value || "\u2205" : (JSON.stringify(value) ?? "");
}
