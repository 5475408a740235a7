/** The watch over all pages sees what it is there for. */
import { expect } from "@playwright/test";
import { test } from "../support/test";

const FAULTS = {
  "a script without the page's nonce": {
    provoke: () => {
      const script = document.createElement("script");
      script.textContent = "window.owned = 1";
      document.body.append(script);
    },
    seen: /securitypolicyviolation: script-src/,
  },
  "an error that nobody catches": {
    provoke: () => {
      setTimeout(() => {
        throw new Error("left alone");
      });
    },
    seen: /uncaught Error: left alone/,
  },
  "an error in the console": {
    // biome-ignore lint/suspicious/noConsole: it is what is watched
    provoke: () => console.error("written down"),
    seen: /console: written down/,
  },
  "a refusal that nobody expects": {
    provoke: () => void fetch("/api/v1/no-such-thing"),
    seen: /console: .* status of 404/,
  },
};

for (const [name, { provoke, seen }] of Object.entries(FAULTS)) {
  for (const whose of ["the test's own", "a new"]) {
    test(`${name} is noticed in ${whose} browser`, async ({ page, newContext, faults }) => {
      const watched = whose === "a new" ? await (await newContext()).newPage() : page;
      await watched.goto("/sign-in");
      await expect(watched.getByRole("heading", { level: 1 })).toBeVisible();
      expect(faults).toEqual([]);
      await watched.evaluate(provoke);
      await expect.poll(() => faults.join("\n")).toMatch(seen);
      faults.length = 0;
    });
  }
}
