/**
 * Playwright's test, with browsers of several people in one test, each closed at its end; and no page of a test may
 * break the policy for its content, leave an error uncaught or write one to the console.
 */
import {
  type APIRequestContext,
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from "@playwright/test";
import { lend } from "./api";

export type NewContext = (options?: BrowserContextOptions) => Promise<BrowserContext>;

interface Fixtures {
  newContext: NewContext;
  /** What went wrong in the pages so far; a test that provokes something takes it out. */
  faults: string[];
}

/** Refusals that belong to what a page does; the browser writes each to the console. */
const EXPECTED: { status: number; path: RegExp; why: string }[] = [
  { status: 401, path: /^\/api\/v1\/session$/, why: "whoever opens the app is asked for the session first" },
  { status: 401, path: /^\/api\/v1\/sessions$/, why: "a wrong password" },
  {
    status: 401,
    path: /^\/api\/v1\/notifications(\/unread)?$/,
    why: "what one did last is told live, and asked for, while one signs out",
  },
  { status: 401, path: /^\/api\/v1\/sessions\/(second-factor|passkey)$/, why: "a wrong code or passkey" },
  { status: 409, path: /^\/api\/v1\/registrations\/provider$/, why: "an address that has an account" },
  { status: 401, path: /^\/api\/v1\/sessions\/provider$/, why: "an answer that no browser waits for" },
  { status: 409, path: /^\/api\/v1\/sessions\/mail-link$/, why: "a link that another browser asked for" },
  { status: 401, path: /^\/api\/v1\/sessions\/mail-link$/, why: "a wrong code of another browser" },
  { status: 409, path: /^\/api\/v1\/me\/identities\//, why: "the last way in stays" },
  { status: 403, path: /^\/api\/v1\/sessions\/provider\/options$/, why: "linking needs a factor first" },
  { status: 429, path: /^\/api\/v1\/sessions\/second-factor$/, why: "many wrong codes" },
  { status: 409, path: /^\/api\/v1\/sessions\/second-factor$/, why: "a second factor that came too late" },
  { status: 401, path: /^\/api\/v1\/session\/verification$/, why: "a wrong code, to confirm who one is" },
  { status: 422, path: /^\/api\/v1\/session\/verification$/, why: "a wrong password, to confirm who one is" },
  {
    status: 403,
    path: /^\/api\/v1\/me\/(totp|passkeys|recovery-codes)/,
    why: "a change that needs a factor first",
  },
  { status: 422, path: /^\/api\/v1\/me\/totp\/confirmation$/, why: "a wrong first code" },
  { status: 404, path: /^\/api\/v1\/sms-settings$/, why: "a workspace that sends no SMS" },
  { status: 422, path: /^\/api\/v1\/sms-settings$/, why: "an account without a sender" },
  { status: 422, path: /^\/api\/v1\/message-templates$/, why: "a text without its link" },
  { status: 422, path: /^\/api\/v1\/webhook-endpoints$/, why: "an address that is none" },
  { status: 422, path: /^\/api\/v1\/me\/passkeys$/, why: "a passkey whose user was not verified" },
  { status: 401, path: /^\/api\/v1\/events\/stream$/, why: "support whose lease was taken back" },
  { status: 404, path: /^\/api\/v1\/organizer$/, why: "a member without a booking page" },
  { status: 404, path: /^\/api\/v1\/mail-settings$/, why: "a workspace without a mail server of its own" },
  { status: 422, path: /^\/api\/v1\/mail-settings$/, why: "another server without its password" },
  { status: 409, path: /^\/api\/v1\/tenant\/security-policy$/, why: "a policy that locks out its author" },
  { status: 412, path: /^\/api\/v1\/tenant\/security-policy$/, why: "a policy changed meanwhile" },
  { status: 412, path: /^\/api\/v1\/retention-policy$/, why: "periods changed meanwhile" },
  { status: 422, path: /^\/api\/v1\/tenant\/security-policy$/, why: "a policy with a wrong address" },
  { status: 422, path: /^\/api\/v1\/invitation-lookups$/, why: "an invitation that counts no more" },
  { status: 422, path: /^\/api\/v1\/roles$/, why: "a role with the name of another" },
  { status: 409, path: /^\/api\/v1\/roles\/[0-9a-f-]+$/, why: "a role that somebody holds is not deleted" },
  { status: 422, path: /^\/api\/v1\/bookings$/, why: "an answer that does not fit its question" },
  { status: 422, path: /^\/api\/v1\/custom-domains$/, why: "what is no domain" },
  {
    status: 404,
    path: /^\/api\/v1\/sign-in-options\/[^/]+$/,
    why: "a workspace without a way in of its own",
  },
  { status: 404, path: /^\/b\/[^/]+(\/[^/]+)?$/, why: "a public page that is not there, or not any more" },
  { status: 409, path: /^\/b\/[^/]+\/[^/]+\/book$/, why: "a time that is no longer free" },
  { status: 422, path: /^\/b\/[^/]+\/[^/]+\/book$/, why: "a form sent off empty" },
];

export const test = base.extend<Fixtures>({
  faults: [
    async ({ baseURL: _ }, use) => {
      const faults: string[] = [];
      await use(faults);
      expect(faults, "faults in the pages").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, faults }, use) => {
    await watch(context, faults);
    await use(context);
  },
  newContext: async ({ browser, faults }, use) => {
    const open: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext(options);
      open.push(context);
      await watch(context, faults);
      return context;
    });
    // Left open, they would go on listening to the server beside the next test.
    await Promise.all(open.map((context) => context.close()));
  },
});

async function watch(context: BrowserContext, faults: string[]): Promise<void> {
  context.on("weberror", (found) => {
    const error = found.error();
    faults.push(`${found.page()?.url()}: uncaught ${error.stack ?? error.message}`);
  });
  context.on("console", (message) => {
    if (message.type() !== "error") return;
    // A mail is shown in a frame that may run nothing, not even the script that Playwright brings to each page.
    if (message.text().startsWith("Blocked script execution in 'about:srcdoc'")) return;
    const { url } = message.location();
    const status = Number(/responded with a status of (\d+)/.exec(message.text())?.[1]);
    if (URL.canParse(url)) {
      const { pathname } = new URL(url);
      if (EXPECTED.some((known) => known.status === status && known.path.test(pathname))) return;
    }
    faults.push(`${message.page()?.url()}: console: ${message.text()} (${url})`);
  });
  await context.exposeBinding("reportViolation", ({ page }, violation: string) => {
    faults.push(`${page.url()}: securitypolicyviolation: ${violation}`);
  });
  await context.addInitScript(() => {
    const { reportViolation } = window as unknown as { reportViolation(violation: string): void };
    addEventListener("securitypolicyviolation", (event) =>
      reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
}

/** A wide window with the session of the client. */
export async function signedInPage(newContext: NewContext, api: APIRequestContext): Promise<Page> {
  const context = await newContext({ viewport: { width: 1440, height: 900 } });
  await lend(api, context);
  return context.newPage();
}
