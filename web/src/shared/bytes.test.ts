import { expect, it } from "vitest";
import { formatBytes } from "./bytes";

it("writes sizes as people read them", () => {
  expect(formatBytes(0, "en")).toBe("0 byte");
  expect(formatBytes(999, "en")).toBe("999 byte");
  expect(formatBytes(1000, "en")).toBe("1 kB");
  expect(formatBytes(1_250_000, "en")).toBe("1.3 MB");
  expect(formatBytes(2_500_000_000, "nl")).toBe("2,5 GB");
});
