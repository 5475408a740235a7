import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en";
import { wrongText } from "./sending";

describe("what is wrong with a text", () => {
  it("names the field", () => {
    expect(wrongText("unknown_placeholder", "{{ booking.wen }} is no field of this message", en)).toBe(
      "{{ booking.wen }} is no field of this mail",
    );
    expect(wrongText("missing_placeholder", "must hold {{ booking.manage_url }}", en)).toBe(
      "{{ booking.manage_url }} must not be missing",
    );
    expect(wrongText("invalid_template", "line 2: unexpected end", en)).toContain("line 2");
    expect(wrongText("too_long", "must be at most 300 characters", en)).toBeNull();
  });
});
