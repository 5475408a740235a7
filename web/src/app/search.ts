/** What stands in the address after the question mark, read leniently: what is not understood is dropped. */

type Raw = Record<string, unknown>;

/** A reader whose parts may all be left out by those who link there. */
export function optional<T extends object>(read: (raw: Raw) => T): (raw: Raw) => Partial<T> {
  return read;
}

export function text(raw: Raw, key: string, max = 200): string | undefined {
  const value = raw[key];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, max) : undefined;
}

export function flag(raw: Raw, key: string): true | undefined {
  return raw[key] === true || raw[key] === "true" || raw[key] === 1 ? true : undefined;
}

export function oneOf<const T extends string>(raw: Raw, key: string, values: readonly T[]): T | undefined {
  return values.find((value) => value === raw[key]);
}

export function date(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined;
  const parsed = new Date(`${value}T00:00:00Z`);
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== value ? undefined : value;
}

/** A path within the app to return to; never another host. */
export function path(raw: Raw, key: string): string | undefined {
  const value = text(raw, key, 500);
  return value && /^\/(?![/\\])/.test(value) ? value : undefined;
}
