/** What a member is told of in the app: live, read and unread, and by choice. */
import { expect } from "@playwright/test";
import { slots } from "../support/api";
import { signedInPage, test } from "../support/test";
import { book, workspace } from "../support/workspace";

test("the bell tells of a booking as it comes in from the public page", async ({ newContext }) => {
  const space = await workspace();
  const [slot, , second] = await slots(space.api, space.event);
  if (!slot || !second) throw new Error("no free time");
  const app = await signedInPage(newContext, space.api);
  const streaming = app.waitForResponse((response) => response.url().endsWith("/api/v1/events/stream"));
  await app.goto("/contacts");
  expect((await streaming).status()).toBe(200);
  const header = app.getByRole("banner");
  await header.getByRole("button", { name: "Notifications", exact: true }).click();
  const panel = app.getByRole("dialog", { name: "Notifications" });
  await expect(panel.getByText("You are up to date")).toBeVisible();
  await app.keyboard.press("Escape");
  await expect(panel).toBeHidden();

  await book(space, slot, { name: "Nora Notified", email: "nora@e2e.test" });
  const booked = Date.now();
  const bell = header.getByRole("button", { name: "1 unread notification" });
  await expect(bell).toBeVisible();
  // Said politely too, and measured with what the test itself takes.
  expect(Date.now() - booked).toBeLessThan(3000);
  await expect(app.getByRole("status").filter({ hasText: "Nora Notified booked Intro call" })).toBeVisible();

  // By keyboard: into the panel, to the booking; what was opened is read.
  await bell.focus();
  await app.keyboard.press("Enter");
  await expect(panel).toBeVisible();
  const entry = panel.getByRole("region", { name: "Unread" }).getByRole("link", { name: /Nora Notified/ });
  await expect(entry).toBeVisible();
  await entry.focus();
  await app.keyboard.press("Enter");
  await expect(app).toHaveURL(/\/bookings\/[0-9a-f-]{36}$/);
  await expect(header.getByRole("button", { name: "Notifications", exact: true })).toBeVisible();

  // Unread again on the whole page, and all read at once.
  await app.goto("/notifications");
  await app.getByRole("button", { name: /Mark as unread: Nora/ }).click();
  await expect(header.getByRole("button", { name: "1 unread notification" })).toBeVisible();
  await book(space, second, { name: "Otto Other", email: "otto@e2e.test" });
  await expect(app.getByRole("main").getByRole("link", { name: /Otto Other/ })).toBeVisible();
  await app.getByRole("main").getByRole("button", { name: "Mark all as read" }).click();
  await expect(header.getByRole("button", { name: "Notifications", exact: true })).toBeVisible();
  await app.getByText("Unread", { exact: true }).click();
  await expect(app.getByRole("heading", { name: "Nothing here" })).toBeVisible();
});

test("what one does not want to be told is not told, and security always is", async ({ newContext }) => {
  const space = await workspace();
  const [slot] = await slots(space.api, space.event);
  if (!slot) throw new Error("no free time");
  const app = await signedInPage(newContext, space.api);
  await app.goto("/settings/notifications");
  await expect(app.getByRole("switch", { name: "Security: In the app" })).toBeDisabled();
  await expect(app.getByRole("switch", { name: "Security: By mail" })).toBeDisabled();
  const bookings = app.getByRole("switch", { name: "Bookings: In the app" });
  await expect(bookings).toBeChecked();
  const saved = app.waitForResponse(
    (response) =>
      response.url().endsWith("/notification-preferences") && response.request().method() === "PUT",
  );
  await bookings.press("Space");
  expect((await saved).status()).toBe(200);
  await app.reload();
  await expect(bookings).not.toBeChecked();
  await app.goto("/bookings");
  await book(space, slot, { name: "Quentin Quiet", email: "quentin@e2e.test" });
  await expect(app.getByRole("link", { name: /Quentin Quiet/ })).toBeVisible();
  await expect(
    app.getByRole("banner").getByRole("button", { name: "Notifications", exact: true }),
  ).toBeVisible();
});
