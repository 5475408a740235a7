import { expect, it } from "vitest";
import { BRAND_COLORS } from "@/app/theme";
import { contrast, readableOn } from "./color";

it("measures contrast as WCAG does", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 1);
});

it("writes on every offered colour with at least AA", () => {
  for (const color of BRAND_COLORS) {
    const ink = readableOn(color) === "white" ? "#ffffff" : "#000000";
    expect(contrast(color, ink)).toBeGreaterThanOrEqual(4.5);
  }
});
