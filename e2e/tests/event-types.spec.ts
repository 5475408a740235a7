/** An event type from its creation to its end, as the organizer and as strangers see it. */
import { expect } from "@playwright/test";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("an event type can be booked once it is created, and no longer once it is off", async ({
  newContext,
}) => {
  const space = await workspace();
  const app = await signedInPage(newContext, space.api);
  const visitor = await (await newContext({ javaScriptEnabled: false })).newPage();
  const offered = visitor.getByRole("main").getByRole("link", { name: "Site visit" });
  await visitor.goto(space.page);
  await expect(visitor.getByRole("main").getByRole("link", { name: space.event.name })).toBeVisible();
  await expect(offered).toHaveCount(0);

  await app.goto("/event-types");
  await app.getByRole("button", { name: "New event type" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Site visit");
  await expect(dialog.getByLabel("Link")).toHaveValue("site-visit");
  await dialog.getByLabel("Duration").fill("45");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(app.getByRole("heading", { level: 1 })).toHaveText("Site visit");

  await visitor.reload();
  await expect(offered).toContainText("45");
  await offered.click();
  await expect(visitor.getByRole("table").getByRole("link").first()).toBeVisible();
  const link = visitor.url();

  await app.getByRole("button", { name: "Actions for Site visit" }).click();
  await app.getByRole("menuitem", { name: "Archive" }).click();
  await expect(app.getByText("Site visit is archived")).toBeVisible();
  await visitor.goto(space.page);
  await expect(visitor.getByRole("main").getByRole("link", { name: space.event.name })).toBeVisible();
  await expect(offered).toHaveCount(0);
  expect((await visitor.goto(link))?.status()).toBe(404);
  await expect(visitor.getByRole("table")).toHaveCount(0);

  await app.getByRole("navigation", { name: "Event types" }).getByRole("link", { name: "Off" }).click();
  await expect(app.getByRole("main").getByRole("link", { name: "Site visit" })).toBeVisible();
});

test("limits and dates are set on the screen, and hold for visitors", async ({ newContext }) => {
  const space = await workspace();
  const app = await signedInPage(newContext, space.api);
  await app.goto(`/event-types/${space.event.id}`);
  await expect(app.getByRole("heading", { level: 1 })).toHaveText(space.event.name);

  await app.getByRole("button", { name: "Add a limit" }).click();
  const limit = app.getByRole("group", { name: "Bookings, Week: This event type, for each organizer" });
  await limit.getByLabel("At most").fill("1");
  await limit.getByLabel("At most").press("Tab");
  await app.getByRole("combobox", { name: "Bookable ahead" }).click();
  await app.getByRole("option", { name: "Dates" }).click();
  await expect(app.getByLabel("First date")).toBeVisible();
  await app.getByRole("switch", { name: "At whole marks of the hour" }).check();

  const stored = async () => {
    const answer = await space.api.get(`/api/v1/event-types/${space.event.id}`);
    return answer.json();
  };
  await expect.poll(async () => (await stored()).is_aligned).toBe(true);
  const saved = await stored();
  expect(saved.limits).toEqual([
    { period: "week", measure: "bookings", scope: "event_of_organizer", most: 1 },
  ]);
  expect(saved.horizon_type).toBe("dates");
  await app.reload();
  await expect(limit.getByLabel("At most")).toHaveValue("1");

  // The last date is the last that a visitor can reach.
  const visitor = await (await newContext({ javaScriptEnabled: false })).newPage();
  const month = saved.horizon_last.slice(0, 7);
  await visitor.goto(`${space.page}/${space.event.slug}?month=${month}`);
  await expect(visitor.getByRole("table")).toBeVisible();
  await expect(visitor.locator('a[rel="next"]')).toHaveCount(0);

  await app.getByRole("button", { name: /^Remove Bookings, Week/ }).click();
  await expect(limit).toHaveCount(0);
  await expect.poll(async () => (await stored()).limits).toEqual([]);
});
