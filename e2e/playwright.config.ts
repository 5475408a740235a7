import { defineConfig } from "@playwright/test";
import { address, chromium } from "./support/settings";

export default defineConfig({
  testDir: "tests",
  outputDir: "results/traces",
  globalSetup: "./support/instance.ts",
  fullyParallel: true,
  // Server, database and browser share two cores.
  workers: 2,
  // A shared machine stalls now and then. What passes only at the second attempt is named at the end of `make test`.
  retries: 1,
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000,
  // A machine that compiles beside the tests shows a first page late.
  expect: { timeout: 20_000 },
  reporter: [["list"], ["json", { outputFile: "results/report.json" }]],
  use: {
    baseURL: address(),
    locale: "en-US",
    timezoneId: "Europe/Amsterdam",
    trace: "retain-on-first-failure",
    screenshot: "only-on-failure",
    launchOptions: chromium,
  },
});
