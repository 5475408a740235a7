/** Hours changed in the web app are what the public page offers. */
import { expect, type Page } from "@playwright/test";
import { signedInPage, test } from "../support/test";
import { type Workspace, workspace } from "../support/workspace";

const WEDNESDAY = 3;

/** The dates on which the public page offers times in the month (2026-12). */
async function openDates(page: Page, space: Workspace, month: string): Promise<string[]> {
  await page.goto(`${space.event.public_url}?month=${month}`);
  const links = page.getByRole("table").getByRole("link");
  await expect(links.first()).toBeVisible();
  const urls = await links.evaluateAll((found) => found.map((link) => (link as HTMLAnchorElement).href));
  return urls.map((url) => new URL(url).searchParams.get("date") ?? "");
}

async function save(app: Page): Promise<void> {
  const unsaved = app.getByRole("region", { name: "Changes are not saved yet" });
  await unsaved.getByRole("button", { name: "Save" }).click();
  await expect(unsaved).toHaveCount(0);
}

const weekday = (date: string) => new Date(`${date}T00:00:00Z`).getUTCDay();

test("a closed weekday, other hours and a day off show on the public page", async ({ newContext }) => {
  const space = await workspace({ zone: "Europe/Amsterdam" });
  const app = await signedInPage(newContext, space.api);
  const visitor = await (await newContext({ javaScriptEnabled: false })).newPage();
  // In the next month no time is too soon and no day is half over. Which month that is, the zone of
  // the schedule says: late on the last day of a month it is not UTC's.
  const today = new Date(
    `${new Date().toLocaleDateString("sv", { timeZone: "Europe/Amsterdam" })}T00:00:00Z`,
  );
  const next = new Date(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 15));
  const off = next.toISOString().slice(0, 10);
  const month = off.slice(0, 7);

  const before = await openDates(visitor, space, month);
  expect(new Set(before.map(weekday)).size).toBe(7);

  await app.goto("/availability");
  const wednesday = app.getByRole("group", { name: "Wednesday" });
  await wednesday.getByRole("switch", { name: "Wednesday" }).click();
  await expect(wednesday.getByText("Closed")).toBeVisible();
  await save(app);
  const withoutWednesdays = before.filter((date) => weekday(date) !== WEDNESDAY);
  expect(await openDates(visitor, space, month)).toEqual(withoutWednesdays);

  await test.step("a window added opens the day again, for its hours only", async () => {
    await wednesday.getByRole("button", { name: "Add a window: Wednesday" }).click();
    await wednesday.getByLabel("Wednesday, from").fill("18");
    await wednesday.getByLabel("Wednesday, to").fill("19");
    await wednesday.getByLabel("Wednesday, to").press("Enter");
    await save(app);
    expect(await openDates(visitor, space, month)).toEqual(before);
    const date = before.find((day) => weekday(day) === WEDNESDAY);
    await visitor.goto(`${space.event.public_url}?date=${date}`);
    const times = visitor.locator("#times").getByRole("link");
    expect((await times.allInnerTexts()).map((text) => /18:\d\d|6:\d\d/.test(text))).not.toContain(false);
    await expect(times).not.toHaveCount(0);
  });

  await test.step("a date away closes that date alone", async () => {
    await app.getByRole("button", { name: "Add dates" }).click();
    await app.getByRole("button", { name: "Next month" }).click();
    const day = new Intl.DateTimeFormat("en", { dateStyle: "full", timeZone: "UTC" }).format(next);
    await app.getByRole("button", { name: day, exact: true }).click();
    await app.getByRole("button", { name: "Done" }).click();
    await save(app);
    expect(await openDates(visitor, space, month)).toEqual(before.filter((date) => date !== off));
  });
});
