/** Passkeys, each path with Chromium's virtual authenticator. */
import { expect, type Page } from "@playwright/test";
import { answer } from "../support/api";
import { authenticator } from "../support/authenticator";
import {
  act,
  addPasskey,
  factorsOf,
  isIn,
  keepCodes,
  letAge,
  openFactors,
  refusalOf,
  setUpApp,
  signOut,
  typePassword,
} from "../support/factors";
import { examine, examinePart } from "../support/look";
import { address } from "../support/settings";
import { type NewContext, signedInPage, test } from "../support/test";
import { totp } from "../support/totp";
import { emptyWorkspace } from "../support/workspace";

const WITH_PASSKEY = "Sign in with a passkey";

/** Somebody in the settings of security, with a device that holds no passkey yet. */
async function somebody(newContext: NewContext, name: string) {
  const { api, owner } = await emptyWorkspace(name, "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  const device = await authenticator(page);
  const section = await openFactors(page);
  return { owner, page, device, section };
}

interface Sent {
  public_key: { userVerification?: string; authenticatorSelection?: object; extensions?: object };
}

/** As if the server let the device skip the check of who touches it. */
async function askWithoutVerification(page: Page, path: string): Promise<void> {
  await page.route(path, async (route) => {
    const response = await route.fetch();
    const sent = (await response.json()) as Sent;
    if (sent.public_key.authenticatorSelection) {
      sent.public_key.authenticatorSelection = {
        residentKey: "discouraged",
        userVerification: "discouraged",
      };
      delete sent.public_key.extensions;
    } else sent.public_key.userVerification = "discouraged";
    await route.fulfill({ response, json: sent });
  });
}

test("a passkey is made and signs in by the button, where one wanted to go", async ({ newContext }) => {
  const { page, device, section } = await somebody(newContext, "Pia Passkey");
  await section.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await expect(dialog.getByLabel("Name")).toHaveValue("Chrome, Linux");
  await examinePart(page, "a passkey to add", "[role=dialog]");
  await dialog.getByRole("button", { name: "Create passkey" }).click();
  await keepCodes(page);
  await expect(section.getByText("Chrome, Linux")).toBeVisible();
  await expect(section.getByText("Only on this one device")).toBeVisible();
  await expect(section.getByText(/not used yet/)).toBeVisible();
  expect(await device.count()).toBe(1);
  await examine(page, "a passkey");

  // Nobody is at the device until the button is pressed.
  await device.touch(false);
  await signOut(page);
  await page.goto("/sign-in?next=/contacts");
  await expect(page.getByLabel("E-mail")).toHaveAttribute("autocomplete", "username webauthn");
  await examine(page, "sign-in with a passkey");
  await device.offered();
  await device.touch(true);
  await page.getByRole("button", { name: WITH_PASSKEY }).click();
  await expect(page).toHaveURL(/\/contacts$/);
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
  await openFactors(page);
  await expect(section.getByText(/last used/)).toBeVisible();
});

test("a passkey that is chosen among the suggestions of the e-mail field signs in", async ({
  newContext,
}) => {
  const { page, device } = await somebody(newContext, "Abel Autofill");
  await addPasskey(page);
  await keepCodes(page);
  await device.touch(false);
  await signOut(page);
  await device.offered();
  // The device is touched as soon as it is asked: what stands for choosing the suggestion.
  await device.touch(true);
  const asked = page.waitForResponse((response) => response.url().endsWith("/api/v1/sessions/passkey"));
  await page.goto("/sign-in?next=/contacts");
  expect((await asked).status()).toBe(201);
  await expect(page).toHaveURL(/\/contacts$/);
});

test("the offer among the suggestions ends when one signs in by password", async ({ newContext }) => {
  const { owner, page, device } = await somebody(newContext, "Paul Password");
  await device.touch(false);
  await signOut(page);
  await expect.poll(device.offers).toEqual({ made: 1, ended: 0 });
  await page.getByRole("link", { name: "Create account" }).click();
  await expect.poll(device.offers).toEqual({ made: 1, ended: 1 });
  await page.getByRole("link", { name: "Sign in" }).click();
  await expect.poll(device.offers).toEqual({ made: 2, ended: 1 });
  await typePassword(page, owner);
  await isIn(page);
  await expect.poll(device.offers).toEqual({ made: 2, ended: 2 });
});

test("a passkey is the second step after the password, and another way can be chosen", async ({
  newContext,
}) => {
  const { owner, page, device } = await somebody(newContext, "Sara Second");
  await addPasskey(page);
  await keepCodes(page);
  const secret = await setUpApp(page, totp);
  await device.touch(false);
  await signOut(page);
  await typePassword(page, owner);
  const button = page.getByRole("button", { name: "Use a passkey" });
  await expect(button).toBeFocused();
  await examine(page, "a passkey as second step");
  await page.getByRole("button", { name: "Use the authenticator app" }).click();
  await expect(page.getByLabel("Code of your authenticator app")).toBeFocused();
  await button.click();
  await expect(button).toBeFocused();
  await device.touch(true);
  await button.click();
  await isIn(page);

  // With the device away the app does.
  await openFactors(page);
  await device.touch(false);
  await signOut(page);
  await device.unplug();
  await typePassword(page, owner);
  await page.getByRole("button", { name: "Use the authenticator app" }).click();
  await page.getByLabel("Code of your authenticator app").fill(totp(secret, 1));
  await isIn(page);
});

test("a passkey confirms that it is oneself, and is renamed and removed", async ({ newContext }) => {
  const { owner, page, device, section } = await somebody(newContext, "Rosa Rename");
  await addPasskey(page, "Old laptop");
  await keepCodes(page);
  await act(page, "Old laptop", "Rename");
  const renaming = page.getByRole("dialog", { name: "Rename the passkey" });
  await renaming.getByLabel("Name").fill("Work laptop");
  await letAge(page, owner.email);
  await renaming.getByRole("button", { name: "Rename" }).click();
  const confirming = page.getByRole("dialog", { name: "Confirm that it is you" });
  await expect(confirming.getByRole("button", { name: "Use a passkey" })).toBeFocused();
  await examinePart(page, "a passkey to confirm", "[role=dialog]");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(section.getByText("Work laptop", { exact: true })).toBeVisible();

  await act(page, "Work laptop", "Remove");
  const removing = page.getByRole("dialog", { name: "Remove the passkey" });
  await expect(removing.getByText("It is your last second factor")).toBeVisible();
  await examinePart(page, "a passkey to remove", "[role=dialog]");
  const remove = removing.getByRole("button", { name: "Remove" });
  await expect(remove).toBeDisabled();
  await removing.getByRole("textbox").fill("Work laptop");
  await remove.click();
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
  // The browser is told, so that it offers the passkey no more.
  await expect.poll(() => device.count()).toBe(0);
});

test("one device has one passkey, and a second device another", async ({ newContext }) => {
  const { page, device, section } = await somebody(newContext, "Twan Two");
  await addPasskey(page);
  await keepCodes(page);
  await addPasskey(page);
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await expect(dialog.getByRole("alert")).toContainText("registered already");
  await expect(dialog.getByLabel("Name")).toHaveValue("Chrome, Linux 2");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  expect(await device.count()).toBe(1);

  await device.unplug();
  const key = await authenticator(page, { transport: "usb" });
  await addPasskey(page, "Key ring");
  await expect(dialog).toHaveCount(0);
  // Codes come with the first factor only.
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(section.getByText("Key ring", { exact: true })).toBeVisible();
  await key.touch(false);
  await signOut(page);
  await key.touch(true);
  await page.getByRole("button", { name: WITH_PASSKEY }).click();
  await isIn(page);
  await openFactors(page);
  await expect(section.getByRole("listitem").filter({ hasText: "Key ring" })).toContainText("last used");
  await expect(section.getByRole("listitem").filter({ hasText: "Chrome, Linux" })).toContainText(
    "not used yet",
  );
});

test("without knowing who touches it no device makes a passkey", async ({ newContext }) => {
  const { page, device, section } = await somebody(newContext, "Una Unverified");
  // The browser refuses first.
  await device.verify(false);
  await addPasskey(page);
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  await expect(dialog.getByRole("alert")).toContainText("No passkey was given");
  await examinePart(page, "no passkey given", "[role=dialog]");
  // And the server, where the browser was fooled and the device cannot know anybody.
  await device.unplug();
  await authenticator(page, { transport: "usb", hasUserVerification: false });
  await askWithoutVerification(page, "**/api/v1/me/passkeys/options");
  const refused = page.waitForResponse((response) => response.url().endsWith("/api/v1/me/passkeys"));
  await dialog.getByRole("button", { name: "Create passkey" }).click();
  expect((await refused).status()).toBe(422);
  await expect(dialog.getByRole("alert")).toBeVisible();
  await page.unroute("**/api/v1/me/passkeys/options");
  await page.keyboard.press("Escape");
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
});

test("a passkey signs in nobody whom its device did not verify", async ({ newContext }) => {
  const { page, device } = await somebody(newContext, "Vito Verified");
  await addPasskey(page);
  await keepCodes(page);
  await device.touch(false);
  await signOut(page);
  await askWithoutVerification(page, "**/api/v1/sessions/passkey/options");
  await page.reload();
  await device.verify(false);
  await device.offered();
  await device.touch(true);
  const signIn = page.waitForResponse((response) => response.url().endsWith("/api/v1/sessions/passkey"));
  await page.getByRole("button", { name: WITH_PASSKEY }).click();
  expect((await signIn).status()).toBe(401);
  await device.touch(false);
  await expect(refusalOf(page)).toContainText("This passkey was not accepted");
});

test("a passkey that was removed elsewhere signs in no more, and the browser forgets it", async ({
  newContext,
}) => {
  const { page, device } = await somebody(newContext, "Gina Gone");
  await addPasskey(page);
  await keepCodes(page);
  const { passkeys } = await answer<{ passkeys: { id: string }[] }>(
    page.request.get("/api/v1/me/second-factors"),
  );
  const [passkey] = passkeys;
  await device.touch(false);
  // Away from the page that tells the browser which passkeys still count: it may be about to ask.
  await page.goto("/contacts");
  await expect(page.getByRole("heading", { name: "Contacts", level: 1 })).toBeVisible();
  await answer(
    page.request.delete(`/api/v1/me/passkeys/${passkey?.id}`, { headers: { Origin: address() } }),
    204,
  );
  expect(await device.count()).toBe(1);
  await signOut(page);
  await device.offered();
  await device.touch(true);
  await page.getByRole("button", { name: WITH_PASSKEY }).click();
  await expect(refusalOf(page)).toContainText("not registered here, or not any more");
  await expect.poll(() => device.count()).toBe(0);
  await examinePart(page, "a passkey that is not known", "main");
});

test("who cancels the device's question is told quietly and tries again", async ({ newContext }) => {
  const { page, device } = await somebody(newContext, "Cato Cancel");
  await addPasskey(page);
  await keepCodes(page);
  await device.touch(false);
  await signOut(page);
  // A device that nobody verifies answers as one whose question was cancelled.
  await device.verify(false);
  await device.offered();
  await device.touch(true);
  await page.getByRole("button", { name: WITH_PASSKEY }).click();
  await expect(refusalOf(page)).toContainText("No passkey was given");
  await device.verify(true);
  await page.getByRole("button", { name: WITH_PASSKEY }).click();
  await isIn(page);
  await expect(factorsOf(page)).toHaveCount(0);
});
