/** A workspace that asks for a second factor: the way in for who has none, and a browser that it remembers. */
import { expect, type Page } from "@playwright/test";
import { answer } from "../support/api";
import { overWaits } from "../support/database";
import { isIn, keepCodes, openFactors, setUpApp, signOut, typePassword } from "../support/factors";
import { examine } from "../support/look";
import { address } from "../support/settings";
import { signedInPage, test } from "../support/test";
import { totp } from "../support/totp";
import { workspace } from "../support/workspace";

const APP = "Code of your authenticator app";

/** Has the workspace ask for a second factor, as its owner, who must have shown one. */
async function ask(page: Page, code: string, twoFactor: object): Promise<void> {
  const headers = { Origin: address(), "If-Match": "*" };
  await answer(
    page.request.post("/api/v1/session/verification", { headers, data: { method: "totp", code } }),
  );
  await answer(
    page.request.put("/api/v1/tenant/security-policy", {
      headers,
      data: { two_factor: { required: true, ...twoFactor } },
    }),
  );
}

test("who has no second factor sets one up, shows it, and is in", async ({ newContext }) => {
  const { api, owner } = await workspace({ name: "Gerda Gate" });
  const page = await signedInPage(newContext, api);
  const section = await openFactors(page);
  const secret = await setUpApp(page, totp);
  await keepCodes(page);
  await ask(page, totp(secret, 1), { grace_logins: 0, grace_days: 0 });
  await section.getByRole("button", { name: "Remove the authenticator app" }).click();
  await page
    .getByRole("dialog", { name: "Remove the authenticator app" })
    .getByRole("button", { name: "Remove" })
    .click();
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
  await signOut(page);

  await typePassword(page, owner);
  await expect(page.getByRole("heading", { name: "A second factor is needed" })).toBeVisible();
  await examine(page, "a workspace that asks for a second factor");
  await page.getByRole("link", { name: "Set up a second factor" }).click();
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
  const again = await setUpApp(page, totp);
  await keepCodes(page);
  await page.goto("/contacts");
  await expect(page.getByRole("heading", { name: "A second factor is needed" })).toBeVisible();
  await page.getByLabel(APP).fill(totp(again, 1));
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
});

test("days of grace are told, and a browser that is remembered is not asked again", async ({
  newContext,
}) => {
  const { api, owner } = await workspace({ name: "Remy Remember" });
  const page = await signedInPage(newContext, api);
  await openFactors(page);
  const secret = await setUpApp(page, totp);
  const [code = ""] = await keepCodes(page);
  await ask(page, totp(secret, 1), { grace_logins: 3, grace_days: 5, remember_devices_allowed: true });
  await signOut(page);
  await typePassword(page, owner);
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  overWaits();
  await page.getByLabel("Recovery code").fill(code);
  await page.getByLabel("Do not ask again on this browser for 30 days").check();
  await examine(page, "a browser to remember");
  await page.getByLabel("Recovery code").press("Enter");
  await isIn(page);
  await signOut(page);
  await typePassword(page, owner);
  await isIn(page);

  // Without a factor, within the days of grace.
  const section = await openFactors(page);
  await section.getByRole("button", { name: "Remove the authenticator app" }).click();
  const confirming = page.getByRole("dialog", { name: "Remove the authenticator app" });
  await confirming.getByRole("button", { name: "Remove" }).click();
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
  await signOut(page);
  await typePassword(page, owner);
  await expect(page.getByText(/^From .* this workspace asks for a second factor\./)).toBeVisible();
  await examine(page, "days of grace");
});
