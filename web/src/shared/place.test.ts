import { describe, expect, it } from "vitest";
import { placeName } from "./place";

describe("placeName", () => {
  it("names the country in the reader's language", () => {
    expect(placeName({ country: "NL", city: "Utrecht" }, "en")).toBe("Utrecht, Netherlands");
    expect(placeName({ country: "DE", city: null }, "nl")).toBe("Duitsland");
  });
  it("is empty where nothing is known, and leaves a code that is none", () => {
    expect(placeName(null, "en")).toBe("");
    expect(placeName({ country: "not a code", city: null }, "en")).toBe("not a code");
  });
});
