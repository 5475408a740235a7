/** Workflows: one is made from a ready-made one, tested, switched on, and sends a mail after a booking. */
import { expect } from "@playwright/test";
import { answer, mailTo, slots, visitor } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("a ready-made workflow is tested, switched on, and sends a mail", async ({ newContext }) => {
  const space = await workspace({ name: "Wilma Workflow" });
  const book = async (place: number, name: string, email: string) => {
    const start = (await slots(space.api, space.event)).at(place)?.start;
    const path = `/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`;
    const data = { start, name, email, timezone: "Europe/Amsterdam" };
    await answer((await visitor()).post(path, { data }), 201);
  };
  await book(0, "Vera Visitor", "vera.before@e2e.test");
  const page = await signedInPage(newContext, space.api);
  await page.goto("/workflows");
  const main = page.getByRole("main");
  await expect(main.getByText("No workflows yet")).toBeVisible();
  await examine(page, "no workflows");
  await main.getByRole("button", { name: "New workflow" }).first().click();
  await examine(page, "workflows to start from");
  await page.getByRole("dialog").getByRole("button", { name: "Thank-you after the meeting" }).click();

  await expect(main.getByRole("heading", { name: "Thank-you after the meeting" })).toBeVisible();
  await main.getByRole("combobox", { name: "Starts when" }).click();
  await page.getByRole("option", { name: "Booking made", exact: true }).click();
  await main.getByRole("textbox", { name: "Begins so long after it", exact: true }).fill("0");
  await main
    .getByRole("textbox", { name: "Subject", exact: true })
    .fill("Welcome, {{ booking.invitee_name }}");
  // A second step, moved to the front by the keyboard.
  await main.getByRole("button", { name: "Add a step" }).click();
  await main.getByRole("textbox", { name: "Name of the step" }).fill("Second");
  await main.getByRole("textbox", { name: "Subject", exact: true }).fill("Second mail");
  await main.getByRole("textbox", { name: "Text", exact: true }).fill("Hello");
  await main.getByRole("button", { name: "Move Second:" }).focus();
  await page.keyboard.press("ArrowUp");
  await expect(main.getByText("1. Second")).toBeVisible();
  await examine(page, "a workflow that is edited");
  await main.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved", { exact: true })).toBeVisible();

  await main.getByRole("button", { name: "Test", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Show what it would do" }).click();
  await expect(dialog.getByText("Welcome, Vera Visitor")).toBeVisible();
  await examine(page, "the test of a workflow");
  await page.keyboard.press("Escape");
  await main.getByRole("button", { name: "Switch on" }).click();
  await expect(page.getByText("The workflow is on")).toBeVisible();

  await book(4, "Carla Caller", "carla.after@e2e.test");
  const mail = await mailTo("carla.after@e2e.test", ({ subject }) => subject === "Welcome, Carla Caller");
  expect(mail.subject).toBe("Welcome, Carla Caller");
  await main.getByRole("link", { name: "History" }).click();
  await main.getByRole("button", { name: "Show the steps: Booking made" }).click();
  await expect(main.getByText("Welcome, Carla Caller")).toBeVisible();
  await examine(page, "the history of a workflow");
  await page.setViewportSize({ width: 390, height: 844 });
  await main.getByRole("link", { name: "Steps" }).click();
  await main.getByRole("button", { name: "Change Second" }).click();
  await examine(page, "a workflow on a phone");
});
