/** The columns of the contact list; which are shown is kept per browser. */
export const COLUMNS = [
  "email",
  "phone",
  "company",
  "job_title",
  "lifecycle",
  "owner",
  "total_bookings",
  "last_booking_at",
  "created_at",
] as const;
export type Column = (typeof COLUMNS)[number];

export const DEFAULT_COLUMNS: readonly Column[] = [
  "email",
  "company",
  "lifecycle",
  "total_bookings",
  "last_booking_at",
];

/** Stored choices in the fixed order, without names that no longer exist. */
export function knownColumns(stored: unknown): Column[] {
  if (!Array.isArray(stored)) return [...DEFAULT_COLUMNS];
  return COLUMNS.filter((column) => stored.includes(column));
}

/** The next sort when a heading is pressed: ascending, descending, none. */
export function nextSort<S extends string>(
  current: S | undefined,
  field: string,
  allowed: readonly S[],
): S | undefined {
  const cycle = [field, `-${field}`].filter((s): s is S => allowed.includes(s as S));
  const at = cycle.indexOf(current as S);
  return at < 0 ? cycle[0] : cycle[at + 1];
}
