import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en";
import { nl } from "@/i18n/nl";
import { asProblem, fieldErrors, isTransient, Problem, problemText } from "./problem";

describe("problems", () => {
  it("reads an RFC 9457 answer", () => {
    const problem = new Problem(409, {
      type: "/problems/slot_taken",
      title: "Taken",
      status: 409,
      code: "slot_taken",
      detail: "Somebody took it.",
      request_id: "r1",
      nearest: [{ start: "a", end: "b" }],
    });
    expect(problem).toMatchObject({ code: "slot_taken", status: 409, requestId: "r1", errors: [] });
    expect(problem.extra.nearest).toEqual([{ start: "a", end: "b" }]);
    expect(problemText(problem, en)).toBe(en.problems.codes.slot_taken);
    expect(problemText(problem, nl)).toBe(nl.problems.codes.slot_taken);
  });

  it("falls back to the status where a proxy answered instead of the server", () => {
    expect(new Problem(503, "<html>").code).toBe("overloaded");
    expect(new Problem(401, undefined).code).toBe("unauthenticated");
    expect(new Problem(502, null).code).toBe("internal");
  });

  it("shows the server's words for a code it does not know", () => {
    const problem = new Problem(409, { code: "brand_new", detail: "Explained." });
    expect(problemText(problem, en)).toBe("Explained.");
  });

  it("says how long to wait", () => {
    const problem = new Problem(429, { code: "rate_limited" }, new Headers({ "Retry-After": "30" }));
    expect(problem.retryAfter).toBe(30);
    expect(problemText(problem, en)).toContain("30 seconds");
  });

  it("gives one message a field, in the reader's language where the code is known", () => {
    const problem = new Problem(422, {
      code: "validation_failed",
      errors: [
        { field: "email", code: "required", message: "is needed" },
        { field: "email", code: "too_long", message: "is long" },
        { field: "slug", code: "odd", message: "is odd" },
        "junk",
      ],
    });
    expect(fieldErrors(problem, nl)).toEqual({ email: nl.problems.fields.required, slug: "is odd" });
  });

  it("takes a failed fetch for a lost connection, worth another try", () => {
    const problem = asProblem(new TypeError("Failed to fetch"));
    expect(problem.code).toBe("network");
    expect(isTransient(problem)).toBe(true);
    expect(isTransient(new Problem(403, {}))).toBe(false);
  });
});
