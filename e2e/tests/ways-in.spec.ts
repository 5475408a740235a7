/** Ways in beside the password: another company's account, and a link in a mail. */
import { expect, type Page } from "@playwright/test";
import { linkIn, mailTo } from "../support/api";
import { agedSessions } from "../support/database";
import { test } from "../support/test";
import { emptyWorkspace, PASSWORD, unique } from "../support/workspace";

/** On the company's page. */
async function atAcme(page: Page, account: string) {
  await expect(page.getByRole("heading", { name: "Acme" })).toBeVisible();
  await page.getByLabel("Account").fill(account);
  await page.getByRole("button", { name: "Sign in to Acme" }).click();
}

test("somebody new signs up with another company's account, and signs in with it again", async ({
  page,
  newContext,
}) => {
  const account = unique("nora");
  await page.goto("/sign-up");
  await page.getByRole("button", { name: "Continue with Acme" }).click();
  await atAcme(page, account);
  await expect(page.getByRole("heading", { name: "Nice to meet you" })).toBeVisible();
  // The code of the address is of no more use, and is gone.
  expect(page.url()).not.toContain("code=");
  await expect(page.getByLabel("E-mail")).toHaveValue(`${account}@e2e.test`);
  await expect(page.getByLabel("Your name")).toHaveValue(`${account} of Acme`);
  await expect(page.getByText("you agree that this Atrium keeps your name")).toBeVisible();
  await page.getByLabel("Company").fill("Nora's Practice");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByRole("heading", { name: "Your booking link", exact: true })).toBeVisible();

  await page.goto("/settings/security");
  await expect(page.getByText(`${account}@e2e.test ·`)).toBeVisible();
  await page.getByRole("button", { name: "Unlink Acme" }).click();
  await expect(page.getByText("You could not sign in any more. Set a password first.")).toBeVisible();
  await expect(page.getByText("You have no password.")).toBeVisible();

  // Long ago: who has no password confirms it at the company, and does it again.
  agedSessions(`${account}@e2e.test`);
  await page.reload();
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Continue with Acme" }).click();
  await atAcme(page, account);
  await expect(page.getByText("Confirmed. Now do it again.")).toBeVisible();
  await page.getByRole("button", { name: "Set up an authenticator app" }).click();
  await expect(page.getByText("Scan this with the app")).toBeVisible();

  const again = await (await newContext()).newPage();
  await again.goto("/sign-in");
  await again.getByRole("button", { name: "Continue with Acme" }).click();
  await atAcme(again, account);
  await expect(again).toHaveURL(/\/(onboarding)?$/);
});

test("an account that is there already is linked by signing in to it", async ({ page }) => {
  const { owner } = await emptyWorkspace("Olga Organizer", "Europe/Amsterdam");
  const account = owner.email.split("@")[0] ?? "";
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Acme" }).click();
  await atAcme(page, account);
  await expect(page.getByRole("heading", { name: "Nice to meet you" })).toBeVisible();
  // Not by the address alone.
  await page.getByLabel("Company").fill("Taken over");
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page.getByText("This address has an account already.")).toBeVisible();
  await page.getByRole("button", { name: "I have an account: sign in and link Acme" }).click();
  await expect(
    page.getByText(`Sign in, and Acme · ${account}@e2e.test is linked to your account.`),
  ).toBeVisible();
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByText("Acme is linked.")).toBeVisible();
  await mailTo(owner.email, (mail) => mail.subject.includes("was linked"));

  await page.goto("/settings/security");
  await page.getByRole("button", { name: "Unlink Acme" }).click();
  await expect(page.getByText("Acme is unlinked.")).toBeVisible();
  // At the company this browser is signed in still, so it is there and back at once.
  await page.getByRole("button", { name: "Link Acme" }).click();
  await expect(page.getByText("The account is linked.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Unlink Acme" })).toBeVisible();
});

test("who is not vouched for signs up with a password", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: "Continue with Acme" }).click();
  await atAcme(page, unique("unverified"));
  await expect(page.getByText("does not vouch for your address")).toBeVisible();
  await expect(page.getByRole("button", { name: "Create account" })).toHaveCount(0);
});

test("a link in a mail signs in, in the browser that asked or with its code", async ({
  page,
  newContext,
}) => {
  const { owner } = await emptyWorkspace("Olga Organizer", "Europe/Amsterdam");
  const ask = async (on: Page) => {
    await on.goto("/sign-in");
    await on.getByRole("link", { name: "Send me a link to sign in" }).click();
    await expect(on.getByRole("heading", { name: "Sign in by mail" })).toBeVisible();
    await on.getByLabel("E-mail").fill(owner.email);
    await on.getByRole("button", { name: "Send link" }).click();
    await expect(on.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
    return (await on.getByTestId("mail-link-code").textContent()) ?? "";
  };
  await ask(page);
  const mail = await mailTo(owner.email, ({ subject }) => subject === "Your link to sign in");
  await page.goto(linkIn(mail, "/sign-in/link"));
  // Opened by a scanner of mails, it would have done nothing yet.
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/(onboarding)?$/);

  const asking = await (await newContext()).newPage();
  const code = await ask(asking);
  const newer = await mailTo(
    owner.email,
    ({ subject, id }) => subject === "Your link to sign in" && id !== mail.id,
  );
  const other = await (await newContext()).newPage();
  await other.goto(linkIn(newer, "/sign-in/link"));
  await other.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(other.getByRole("heading", { name: "Asked for in another browser" })).toBeVisible();
  await other.getByLabel("Code").fill(code);
  await other.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(other).toHaveURL(/\/(onboarding)?$/);
});
