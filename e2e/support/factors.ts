/** Second factors as somebody sets them up and shows them in the browser. */
import { randomUUID } from "node:crypto";
import { expect, type Locator, type Page } from "@playwright/test";
import { agedSessions } from "./database";
import type { Account } from "./instance";
import { address } from "./settings";

/** The part of the settings. */
export function factorsOf(page: Page): Locator {
  return page.getByRole("region", { name: "Second factors" });
}

export async function openFactors(page: Page): Promise<Locator> {
  await page.goto("/settings/security");
  await expect(factorsOf(page).locator("[aria-busy=true]")).toHaveCount(0);
  return factorsOf(page);
}

/** Recovery codes as they are shown this once, kept and left. */
export async function keepCodes(page: Page): Promise<string[]> {
  const dialog = page.getByRole("dialog", { name: "Keep your recovery codes" });
  await expect(dialog.getByRole("listitem")).toHaveCount(10);
  const codes = await dialog.getByRole("listitem").allTextContents();
  await dialog.getByLabel("I have kept them").check();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(dialog).toHaveCount(0);
  return codes;
}

/** Sets up an authenticator app; its secret. */
export async function setUpApp(page: Page, code: (secret: string) => string): Promise<string> {
  await factorsOf(page)
    .getByRole("button", { name: /^Set up/ })
    .click();
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  const secret = ((await dialog.getByRole("status").textContent()) ?? "").replaceAll(" ", "");
  await dialog.getByLabel("The code that the app shows now").fill(code(secret));
  await expect(dialog).toHaveCount(0);
  return secret;
}

export async function addPasskey(page: Page, name?: string): Promise<void> {
  await factorsOf(page).getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog", { name: "Add a passkey" });
  if (name) await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Create passkey" }).click();
}

export async function act(page: Page, passkey: string, item: string): Promise<void> {
  await factorsOf(page)
    .getByRole("button", { name: `Actions for ${passkey}` })
    .click();
  await page.getByRole("menuitem", { name: item }).click();
}

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Your account" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
}

/** The first step of a sign-in. */
export async function typePassword(page: Page, account: Account): Promise<void> {
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** Through the sign-in, wherever it leads. */
export async function isIn(page: Page): Promise<void> {
  await expect(page).not.toHaveURL(/\/sign-in/);
}

/** What a screen before the sign-in refuses, apart from notices. */
export function refusalOf(page: Page): Locator {
  return page.getByRole("main").getByRole("alert");
}

/** The page's session as if its holder had shown the last factor a quarter of an hour ago. */
export async function letAge(page: Page, email: string): Promise<void> {
  agedSessions(email);
  // The server hears of it a moment later.
  const none = `/api/v1/me/passkeys/${randomUUID()}`;
  await expect
    .poll(async () => (await page.request.delete(none, { headers: { Origin: address() } })).status())
    .toBe(403);
}
