/** What gave up: seen with its reason, tried again, discarded. */
import { expect } from "@playwright/test";
import { answer, slots } from "../support/api";
import { failedJobs } from "../support/database";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { book, workspace } from "../support/workspace";

test("a job that gave up is tried again, and discarded after a question", async ({ newContext }) => {
  const space = await workspace();
  const free = await slots(space.api, space.event);
  const [one, other] = [free.at(-1), free.at(-5)];
  if (!one || !other) throw new Error("no free time");
  await book(space, one, { name: "Fay Failed", email: "fay@e2e.test" });
  await book(space, other, { name: "Gil Gone", email: "gil@e2e.test" });
  const { tenant } = await answer<{ tenant: { slug: string } }>(space.api.get("/api/v1/session"));
  const error = "550 5.1.1 no such user here";
  const app = await signedInPage(newContext, space.api);
  const cards = app.getByRole("main").locator("section", { hasText: "SendReminder" });
  // The reminders are planned by a reaction to the bookings, a moment later.
  await expect(async () => {
    failedJobs(tenant.slug, error);
    await app.goto("/failed-jobs");
    await expect(cards).toHaveCount(2, { timeout: 2000 });
  }).toPass();
  const card = cards.first();
  await expect(card.getByText(error)).toBeVisible();
  await card.getByRole("button", { name: "Data" }).click();
  await expect(card.getByText("booking_id")).toBeVisible();
  await examine(app, "failed jobs");

  await card.getByRole("button", { name: "Try again" }).press("Enter");
  await expect(app.getByText("SendReminder is tried again")).toBeVisible();
  await expect(cards).toHaveCount(1);

  await card.getByRole("button", { name: "Discard" }).click();
  const asked = app.getByRole("dialog", { name: "Discard the job" });
  await asked.getByRole("button", { name: "Keep" }).click();
  await expect(asked).toBeHidden();
  await card.getByRole("button", { name: "Discard" }).click();
  await asked.getByRole("button", { name: "Discard" }).click();
  await expect(app.getByText("SendReminder is discarded")).toBeVisible();
  await expect(app.getByRole("heading", { name: "All work is done" })).toBeVisible();
});
