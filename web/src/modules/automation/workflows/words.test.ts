import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en";
import { fieldsOf, fieldText, stepFields, triggerText, unitOf } from "./words";

const options = {
  triggers: [],
  records: [
    {
      name: "booking",
      fields: [{ name: "status", kind: "choice", values: ["confirmed"], is_settable: true }],
    },
    { name: "contact", fields: [{ name: "name", kind: "text", values: [], is_settable: false }] },
  ],
};

describe("fields of a workflow", () => {
  it("are those of its record and of the contact", () => {
    expect(fieldsOf(options, "booking.created").map((field) => field.path)).toEqual([
      "booking.status",
      "contact.name",
    ]);
    expect(fieldsOf(options, "contact.created").map((field) => field.path)).toEqual(["contact.name"]);
    expect(fieldsOf(options, "member.updated")).toEqual([]);
  });
  it("are those of earlier steps", () => {
    expect(stepFields(1).map((field) => field.path)).toEqual(["steps.1.status", "steps.1.outcome"]);
  });
});

describe("words", () => {
  it("say triggers and fields", () => {
    expect(triggerText("booking.created", en)).toBe("Booking made");
    expect(triggerText("booking.before_start", en)).toBe("Some time before a booking starts");
    expect(triggerText("thing.new_kind", en)).toBe("thing new kind");
    expect(fieldText("contact.job_title", en)).toBe("Contact: job title");
    expect(fieldText("steps.2.outcome", en)).toBe("Step 2: outcome");
  });
  it("choose the largest whole unit", () => {
    expect([0, 90, 120, 1440, 1500].map(unitOf)).toEqual(["minutes", "minutes", "hours", "days", "hours"]);
  });
});
