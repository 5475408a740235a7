import base from "./playwright.config";

/** Pictures of every screen: `npm run screenshots` saves them to results/screens. */
export default {
  ...base,
  testDir: "screenshots",
  timeout: 300_000,
  use: { ...base.use, trace: "off" as const, reducedMotion: "reduce" as const },
  reporter: [["list"]] as [["list"]],
};
