/** RFC 9457 answers as errors, and the words for them. */
import type { Catalogue } from "@/i18n/en";

export interface FieldError {
  field: string;
  code: string;
  message: string;
}

export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
  readonly errors: FieldError[];
  /** Seconds the server asks us to wait, from Retry-After. */
  readonly retryAfter: number | undefined;
  /** Extension members, such as `nearest` beside `slot_taken`. */
  readonly extra: Record<string, unknown>;

  constructor(status: number, body: unknown, headers?: Headers) {
    const b = (body && typeof body === "object" ? body : {}) as Record<string, unknown>;
    const title = typeof b.title === "string" ? b.title : `HTTP ${status}`;
    super(typeof b.detail === "string" ? b.detail : title);
    this.name = "Problem";
    this.status = status;
    this.code = typeof b.code === "string" ? b.code : codeOfStatus(status);
    this.detail = typeof b.detail === "string" ? b.detail : undefined;
    this.requestId =
      typeof b.request_id === "string" ? b.request_id : (headers?.get("x-request-id") ?? undefined);
    this.errors = Array.isArray(b.errors) ? b.errors.filter(isFieldError) : [];
    const wait = Number(headers?.get("retry-after"));
    this.retryAfter = Number.isFinite(wait) && wait > 0 ? wait : undefined;
    this.extra = b;
  }
}

function isFieldError(e: unknown): e is FieldError {
  return typeof e === "object" && e !== null && typeof (e as FieldError).field === "string";
}

function codeOfStatus(status: number): string {
  if (status === 0) return "network";
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 412) return "version_conflict";
  if (status === 429) return "rate_limited";
  if (status === 503) return "overloaded";
  return status >= 500 ? "internal" : "unknown";
}

/** What browsers call a request or a part of the app that did not arrive. Other TypeErrors are mistakes of ours. */
const UNREACHED = /fetch|network|load|connection/i;

/** Any thrown value as a Problem; a failed fetch becomes the code `network`. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError && UNREACHED.test(error.message))
    return new Problem(0, { title: error.message });
  return new Problem(500, { title: error instanceof Error ? error.message : String(error) });
}

/** What to tell the reader: our own words for a known code, the server's detail for another. */
export function problemText(problem: Problem, t: Catalogue): string {
  if (problem.code === "rate_limited" && problem.retryAfter) return t.problems.wait(problem.retryAfter);
  const known = t.problems.codes[problem.code as keyof Catalogue["problems"]["codes"]];
  return known ?? problem.detail ?? problem.message;
}

/** Field name to message, for a form; only the first error of a field is shown. */
export function fieldErrors(problem: Problem, t: Catalogue): Record<string, string> {
  const out: Record<string, string> = {};
  for (const e of problem.errors) {
    if (out[e.field]) continue;
    out[e.field] = t.problems.fields[e.code as keyof Catalogue["problems"]["fields"]] ?? e.message;
  }
  return out;
}

/** Whether asking again can help; used for queries, never for a refused change. */
export function isTransient(problem: Problem): boolean {
  return ["network", "overloaded", "unknown_outcome", "internal"].includes(problem.code);
}
