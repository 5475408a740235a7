/** Chromium's virtual authenticator (WebAuthn Level 3, section 11), by the DevTools protocol. */
import type { CDPSession, Page } from "@playwright/test";

export interface Authenticator {
  /** How many passkeys it holds. */
  count: () => Promise<number>;
  /** Whether somebody touches it as soon as it is asked. */
  touch: (does: boolean) => Promise<void>;
  /** Whether it knows whoever touches it again. */
  verify: (does: boolean) => Promise<void>;
  unplug: () => Promise<void>;
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
  return {
    count: async () => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    touch: (enabled) =>
      cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled }).then(() => {}),
    verify: (isUserVerified) =>
      cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }).then(() => {}),
    unplug: () => cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId }).then(() => {}),
  };
}
