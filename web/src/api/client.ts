/** The typed client: one fetch with idempotency keys, safe repeats and step-up; problems thrown as errors. */
import createClient from "openapi-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";
import { confirmations, confirmedSince } from "./stepUp";

const REPEATS = [400, 1600];

/**
 * Sends a request. One that needs a factor shown just now is sent again, once, after the reader has shown it.
 */
export async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const before = confirmations();
  const response = await settle(request);
  if (response.status !== 403 || (await codeOf(response)) !== "step_up_required") return response;
  if (!(await confirmedSince(before)) || again.signal.aborted) return response;
  return settle(again);
}

/**
 * A POST carries an Idempotency-Key, so that one whose answer was lost
 * (no connection, or 503 `unknown_outcome`) is repeated with the same key and settles to one outcome.
 */
async function settle(request: Request): Promise<Response> {
  if (request.method !== "POST") return fetch(request);
  if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", crypto.randomUUID());
  for (const pause of REPEATS) {
    try {
      const response = await fetch(request.clone());
      if (response.status !== 503 || (await codeOf(response)) !== "unknown_outcome") return response;
    } catch (error) {
      if (request.signal.aborted || !navigator.onLine) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return fetch(request);
}

async function codeOf(response: Response): Promise<unknown> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return (body as { code?: unknown } | null)?.code;
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  credentials: "same-origin",
  headers: { Accept: "application/json" },
  fetch: send,
});

/** The body of a call, or its Problem thrown. */
export async function take<D>(
  call: Promise<{ data?: D; error?: unknown; response: Response }>,
): Promise<NonNullable<D>> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Problem(response.status, error, response.headers);
  return data as NonNullable<D>;
}

/** The precondition of a change: the version the reader saw. */
export function ifMatch(record: { version: number }): { "If-Match": string } {
  return { "If-Match": `"${record.version}"` };
}
