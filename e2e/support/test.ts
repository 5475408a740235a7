/** Playwright's test, with browsers of several people in one test, each closed at its end. */
import { type BrowserContext, type BrowserContextOptions, test as base } from "@playwright/test";

export type NewContext = (options?: BrowserContextOptions) => Promise<BrowserContext>;

export const test = base.extend<{ newContext: NewContext }>({
  newContext: async ({ browser }, use) => {
    const open: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      open.push(context);
      return context;
    });
    // Left open, they would go on listening to the server beside the next test.
    await Promise.all(open.map((context) => context.close()));
  },
});
