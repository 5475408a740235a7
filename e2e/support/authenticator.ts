/** Chromium's virtual authenticator (WebAuthn Level 3, section 11), by the DevTools protocol. */
import { type CDPSession, expect, type Page } from "@playwright/test";

export interface Authenticator {
  /** How many passkeys it holds. */
  count: () => Promise<number>;
  /** Whether somebody touches it as soon as it is asked. */
  touch: (does: boolean) => Promise<void>;
  /** Whether it knows whoever touches it again. */
  verify: (does: boolean) => Promise<void>;
  unplug: () => Promise<void>;
  /** What the page offered among the suggestions of a field, and what of it was ended. */
  offers: () => Promise<Offers>;
  /** Waits until the page's offer stands: an authenticator that is touched only then is not asked by it. */
  offered: () => Promise<void>;
}

interface Offers {
  made: number;
  ended: number;
}

/** Runs in each page that is opened from then on. */
function countOffers(): void {
  // An authenticator may be the second one of its page, and a page without TLS has none.
  if ("offers" in window || !("credentials" in navigator)) return;
  const { credentials } = navigator;
  const get = credentials.get.bind(credentials);
  const offers = { made: 0, ended: 0 };
  Object.assign(window, { offers });
  credentials.get = (options) => {
    if (options?.mediation === "conditional") {
      offers.made += 1;
      options.signal?.addEventListener("abort", () => {
        offers.ended += 1;
      });
    }
    return get(options);
  };
}

/** Plugs one into the page; by default it is the device's own, is touched at once and knows its user. */
export async function authenticator(
  page: Page,
  options: { transport?: "internal" | "usb"; hasUserVerification?: boolean } = {},
): Promise<Authenticator> {
  const cdp: CDPSession = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  await page.addInitScript(countOffers);
  const offers = () => page.evaluate(() => (window as unknown as { offers: Offers }).offers);
  return {
    count: async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    touch: (enabled) =>
      cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }).then(() => {}),
    verify: (isUserVerified) =>
      cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }).then(() => {}),
    unplug: () => cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }).then(() => {}),
    offers,
    offered: () =>
      expect
        .poll(async () => {
          const { made, ended } = await offers();
          return made - ended;
        })
        .toBe(1),
  };
}
