/** An authenticator app, recovery codes, and confirming that it is oneself. */
import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { answer } from "../support/api";
import { authenticator } from "../support/authenticator";
import { lapsedSteps, overWaits, usedCodes } from "../support/database";
import {
  addPasskey,
  isIn,
  keepCodes,
  letAge,
  openFactors,
  refusalOf,
  setUpApp,
  signOut,
  typePassword,
} from "../support/factors";
import { examine, examinePart, PHONE } from "../support/look";
import { address } from "../support/settings";
import { signedInPage, test } from "../support/test";
import { totp } from "../support/totp";
import { emptyWorkspace, PASSWORD } from "../support/workspace";

const APP = "Code of your authenticator app";

/** A dialog that asks who one is. */
function confirming(page: Page) {
  return page.getByRole("dialog", { name: "Confirm that it is you" });
}

test("an authenticator app is set up, asked for at sign-in, and a code counts once", async ({
  newContext,
}) => {
  const { api, owner } = await emptyWorkspace("Tova Totp", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  const section = await openFactors(page);
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
  await examine(page, "no second factor");

  await section.getByRole("button", { name: "Set up an authenticator app" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  const field = dialog.getByLabel("The code that the app shows now");
  await expect(field).toBeFocused();
  const picture = dialog.getByRole("img", { name: "QR code for the authenticator app" });
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  await examinePart(page, "an authenticator app to set up", "[role=dialog]");
  const secret = ((await dialog.getByRole("status").textContent()) ?? "").replaceAll(" ", "");
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);

  const code = totp(secret);
  const wrong = code.replace(/.$/, (digit) => String((Number(digit) + 5) % 10));
  await field.fill(wrong);
  await expect(dialog.getByRole("alert")).toContainText("This code is not right");
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("");
  await examinePart(page, "a wrong first code", "[role=dialog]");
  // As it stands in the app, with a space.
  await field.fill(`${code.slice(0, 3)} ${code.slice(3)}`);

  const kept = page.getByRole("dialog", { name: "Keep your recovery codes" });
  await expect(kept.getByRole("listitem")).toHaveCount(10);
  await page.keyboard.press("Escape");
  await expect(kept.getByRole("button", { name: "Done" })).toBeDisabled();
  await examinePart(page, "recovery codes", "[role=dialog]");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    kept.getByRole("button", { name: "Save as a file" }).click(),
  ]);
  const codes = await keepCodes(page);
  const file = readFileSync(await download.path(), "utf8");
  for (const recovery of codes) expect(file).toContain(recovery);
  expect(await page.content()).not.toContain(codes[0]);
  await expect(section.getByText("10 codes left")).toBeVisible();
  await examine(page, "an authenticator app");

  await signOut(page);
  await page.goto("/sign-in?next=/contacts");
  await typePassword(page, owner);
  const asked = page.getByLabel(APP);
  await expect(asked).toBeFocused();
  await expect(asked).toHaveAttribute("autocomplete", "one-time-code");
  await examine(page, "the second step");
  // The one that set the app up is used up.
  await asked.fill(code);
  await expect(refusalOf(page)).toContainText("not right, or it was used already");
  await expect(asked).toBeFocused();
  await expect(asked).toHaveValue("");
  await page.route(
    "**/api/v1/sessions/second-factor",
    (route) =>
      route.fulfill({
        status: 429,
        headers: { "Retry-After": "30" },
        contentType: "application/problem+json",
        body: JSON.stringify({ code: "rate_limited", title: "Too many requests" }),
      }),
    { times: 1 },
  );
  await asked.fill("123456");
  await expect(refusalOf(page)).toContainText("Wait 30 seconds");
  overWaits();
  await asked.fill(totp(secret, 1));
  await isIn(page);
  await expect(page).toHaveURL(/\/contacts$/);
});

test("a recovery code signs in once, and few of them are told", async ({ newContext }) => {
  const { api, owner } = await emptyWorkspace("Rita Recovery", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  await openFactors(page);
  await setUpApp(page, totp);
  const [code = "", other = ""] = await keepCodes(page);
  const byCode = async (typed: string) => {
    await typePassword(page, owner);
    await page.getByRole("button", { name: "Use a recovery code" }).click();
    const field = page.getByLabel("Recovery code");
    await expect(field).toBeFocused();
    await field.fill(typed);
    await page.keyboard.press("Enter");
  };

  await signOut(page);
  await byCode(code.toLowerCase().replaceAll("-", " "));
  await isIn(page);
  const section = await openFactors(page);
  await expect(section.getByText("9 codes left")).toBeVisible();
  await signOut(page);
  await byCode(code);
  await expect(refusalOf(page)).toContainText("not right, or it was used already");
  await expect(page.getByLabel("Recovery code")).toBeFocused();
  await examinePart(page, "a recovery code that was used", "main");
  overWaits();
  await page.getByLabel("Recovery code").fill(other);
  await page.keyboard.press("Enter");
  await isIn(page);

  usedCodes(owner.email, 2);
  await openFactors(page);
  await expect(section.getByText("2 codes left. Make new ones before you need the last.")).toBeVisible();
  await section.getByRole("button", { name: "Make new ones" }).click();
  const dialog = page.getByRole("dialog", { name: "Make new recovery codes" });
  await dialog.getByRole("button", { name: "Make new ones" }).click();
  const fresh = await keepCodes(page);
  expect(fresh).not.toContain(code);
  await expect(section.getByText("10 codes left")).toBeVisible();

  await section.getByRole("button", { name: "Remove the authenticator app" }).click();
  const removal = page.getByRole("dialog", { name: "Remove the authenticator app" });
  await expect(removal.getByText("It is your last second factor")).toBeVisible();
  await examinePart(page, "the last factor to remove", "[role=dialog]");
  await removal.getByRole("button", { name: "Remove" }).click();
  await expect(
    section.getByRole("heading", { name: "Only your password guards your account" }),
  ).toBeVisible();
});

test("a second step that took too long leads back to the first with a word", async ({ newContext }) => {
  const { api, owner } = await emptyWorkspace("Lena Late", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  await openFactors(page);
  const secret = await setUpApp(page, totp);
  await keepCodes(page);
  await signOut(page);
  await typePassword(page, owner);
  await expect(page.getByLabel(APP)).toBeVisible();
  lapsedSteps(owner.email);
  await page.getByLabel(APP).fill(totp(secret, 1));
  await expect(refusalOf(page)).toContainText("That took too long");
  await expect(page.getByLabel("E-mail")).toHaveValue(owner.email);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
  await examinePart(page, "a second step that took too long");

  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Use another account" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("after ten minutes a change asks for the password first, and then goes on by itself", async ({
  newContext,
}) => {
  const { api, owner } = await emptyWorkspace("Stefan Stepup", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  const section = await openFactors(page);
  await letAge(page, owner.email);
  await section.getByRole("button", { name: "Set up an authenticator app" }).click();
  const dialog = confirming(page);
  await expect(dialog.getByLabel("Password", { exact: true })).toBeFocused();
  await examinePart(page, "the password to confirm", "[role=dialog]");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("Not confirmed, so nothing is changed")).toBeVisible();
  await expect(section.getByRole("button", { name: "Set up an authenticator app" })).toBeFocused();

  await section.getByRole("button", { name: "Set up an authenticator app" }).click();
  await dialog.getByLabel("Password", { exact: true }).fill("not the password");
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("Not correct");
  await expect(dialog.getByLabel("Password", { exact: true })).toBeFocused();
  overWaits();
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("dialog", { name: "Set up an authenticator app" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  // It holds for the next change.
  await section.getByRole("button", { name: "Set up an authenticator app" }).click();
  await expect(page.getByRole("dialog", { name: "Set up an authenticator app" })).toBeVisible();
});

test("with an app set up its code confirms, also above another dialog", async ({ newContext }) => {
  const { api, owner } = await emptyWorkspace("Opal Over", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  const section = await openFactors(page);
  const secret = await setUpApp(page, totp);
  await keepCodes(page);
  await section.getByRole("button", { name: "Make new ones" }).click();
  const asking = page.getByRole("dialog", { name: "Make new recovery codes" });
  await expect(asking).toBeVisible();
  await letAge(page, owner.email);
  await asking.getByRole("button", { name: "Make new ones" }).click();
  const dialog = confirming(page);
  await expect(dialog.getByLabel(APP)).toBeFocused();
  await expect(dialog.getByLabel("Password", { exact: true })).toHaveCount(0);
  await examinePart(page, "a code to confirm, above a dialog", "[role=dialog]");
  // The keyboard stays in the upper one.
  for (let steps = 0; steps < 6; steps += 1) {
    await page.keyboard.press("Tab");
    expect(await dialog.evaluate((node) => node.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(asking).toBeVisible();
  await expect(asking.getByRole("button", { name: "Make new ones" })).toBeFocused();

  await page.keyboard.press("Enter");
  await dialog.getByLabel(APP).fill(totp(secret, 1));
  await expect(dialog).toHaveCount(0);
  await keepCodes(page);
});

test("requests that are refused side by side share one question", async ({ newContext }) => {
  const { api, owner } = await emptyWorkspace("Dora Double", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  const section = await openFactors(page);
  let refusals = 0;
  await page.route("**/api/v1/me/totp", async (route) => {
    const response = await route.fetch();
    if (response.status() === 403) refusals += 1;
    await route.fulfill({ response });
  });
  await letAge(page, owner.email);
  const button = section.getByRole("button", { name: "Set up an authenticator app" });
  // Both leave before the first is answered.
  await button.evaluate((node: HTMLButtonElement) => {
    node.click();
    node.click();
  });
  const dialog = confirming(page);
  await expect(dialog).toHaveCount(1);
  await expect.poll(() => refusals).toBe(2);
  await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("dialog", { name: "Set up an authenticator app" })).toBeVisible();
  expect(refusals).toBe(2);
});

test("second factors read well in each language, on a phone and with long names", async ({ newContext }) => {
  const { api, owner } = await emptyWorkspace("Lia Language", "Europe/Amsterdam");
  const page = await signedInPage(newContext, api);
  await authenticator(page);
  await openFactors(page);
  await addPasskey(page, "Wolfeschlegelsteinhausenbergerdorff".repeat(3).slice(0, 100));
  await keepCodes(page);
  await setUpApp(page, totp);
  usedCodes(owner.email, 1);
  for (const [locale, heading] of [
    ["nl", "Tweede factoren"],
    ["pt-BR", "Segundos fatores"],
  ] as const) {
    await answer(
      page.request.patch("/api/v1/me", {
        headers: { Origin: address(), "If-Match": "*" },
        data: { locale },
      }),
    );
    await page.setViewportSize(PHONE);
    await page.goto("/settings/security");
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    await examine(page, `second factors in ${locale}`);
  }
});
