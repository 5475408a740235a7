/** Hours that alternate and go on past midnight, blocked times, and absences with a stand-in. */
import { expect, type Page } from "@playwright/test";
import { answer, slots } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { book, colleague, unique, workspace } from "../support/workspace";

const ZONE = "Europe/Amsterdam";

/** The date some days from today, in Amsterdam. */
function dateIn(days: number): string {
  const today = new Date(`${new Date().toLocaleDateString("sv", { timeZone: ZONE })}T00:00:00Z`);
  return new Date(today.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}

/** As a date field takes it. */
const typed = (date: string) =>
  new Date(`${date}T00:00:00Z`).toLocaleDateString("en-US", { dateStyle: "long", timeZone: "UTC" });

// Each looks at several screens in two widths and two schemes.
test.slow();

async function fillDate(page: Page, label: string, date: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(typed(date));
  await field.press("Tab");
}

test("hours alternate by the week, and a night is one window", async ({ newContext }) => {
  const space = await workspace({ zone: ZONE });
  const app = await signedInPage(newContext, space.api);
  await app.goto("/availability");
  const unsaved = app.getByRole("region", { name: "Changes are not saved yet" });
  const friday = app.getByRole("group", { name: /^Friday/ });
  await friday
    .first()
    .getByLabel(/, from$/i)
    .fill("22");
  await friday.first().getByLabel(/, to$/i).fill("6");
  await friday.first().getByLabel(/, to$/i).press("Enter");
  await expect(friday.first().getByText("Until the next day")).toBeVisible();
  await app.getByRole("switch", { name: "Every other week is different" }).check();
  await expect(app.getByRole("heading", { name: /^Week [AB] \(this week\)$/ })).toHaveCount(1);
  const monday = app.getByRole("group", { name: /^Monday, Week B/ });
  await monday.getByRole("switch").click();
  await expect(monday.getByText("Closed")).toBeVisible();
  await examine(app, "hours that alternate");
  await unsaved.getByRole("button", { name: "Save" }).click();
  await expect(unsaved).toHaveCount(0);

  const { items } = await answer<{
    items: { rules: { day: string; start: string; end: string; weeks: string }[] }[];
  }>(space.api.get("/api/v1/schedules"));
  const rules = (items[0]?.rules ?? []).map(
    ({ day, start, end, weeks }) => `${day} ${start} ${end} ${weeks}`,
  );
  expect(rules).toContain("mon 09:00 17:00 a");
  expect(rules).toEqual(expect.arrayContaining(["fri 22:00 24:00 every", "sat 00:00 06:00 every"]));

  await app.reload();
  await expect(friday.first().getByLabel(/, to$/i)).toHaveValue("06:00");
  await expect(app.getByRole("group", { name: /^Monday, Week B/ }).getByText("Closed")).toBeVisible();
  const mondays = (await slots(space.api, space.event))
    .map(({ start }) => new Date(start).toLocaleDateString("sv", { timeZone: ZONE }))
    .filter((date) => new Date(`${date}T00:00:00Z`).getUTCDay() === 1);
  const weeks = new Set(mondays.map((date) => (Date.parse(`${date}T00:00:00Z`) / 86_400_000 - 4) / 7));
  expect([...weeks].filter((week) => week % 2 !== 0)).toEqual([]);
});

test("a colleague stands in for who is out of office, and the page says so", async ({ newContext }) => {
  const space = await workspace({ zone: ZONE });
  await colleague(space, "Ines Invited");
  // A booking that stands in the absence is told of.
  const free = await slots(space.api, space.event);
  const standing = free.find(({ start }) => start.slice(0, 10) === dateIn(7));
  if (!standing) throw new Error("nothing is free in a week");
  await book(space, standing, { name: "Vera Visitor", email: `${unique("vera")}@e2e.test` });
  const app = await signedInPage(newContext, space.api);
  await app.goto("/availability");
  await app.getByRole("button", { name: "Block time" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByText("Out of office").click();
  await fillDate(app, "First day", dateIn(6));
  await fillDate(app, "Last day", dateIn(12));
  await dialog.getByLabel("Who stands in").click();
  await app.getByRole("option", { name: "Ines Invited" }).click();
  await dialog.getByLabel("Note").fill("Sailing");
  await examine(app, "an absence");
  await dialog.getByRole("button", { name: "Block time" }).click();
  await expect(dialog.getByText("1 booking stands in this time. It is not moved.")).toBeVisible();
  await expect(dialog.getByRole("link")).toHaveCount(1);
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(app.getByText("Sailing · Ines Invited stands in")).toBeVisible();

  const page = await (await newContext()).newPage();
  await page.goto(`${space.event.public_url}?date=${dateIn(8)}&lang=en`);
  await expect(page.getByText(`${space.owner.name} is out of office from`)).toContainText(
    "Ines Invited is glad to help you meanwhile.",
  );
  await expect(page.getByText("Sailing")).toHaveCount(0);
  await examine(page, "the page of who is away");

  // It is in the calendar of bookings, too.
  await app.goto(`/bookings?layout=week&week=${dateIn(6)}`);
  await expect(app.getByText(/^Sailing/).first()).toBeVisible();
  await examine(app, "a week with an absence");
});

test("a blocked time that recurs is taken each time, changed and freed", async ({ newContext }) => {
  const space = await workspace({ zone: ZONE });
  const app = await signedInPage(newContext, space.api);
  await app.goto("/availability");
  await app.getByRole("button", { name: "Block time" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("Repeats").click();
  await app.getByRole("option", { name: "Every day" }).click();
  await fillDate(app, "First on", dateIn(1));
  await dialog.getByLabel(/^from$/i).fill("9");
  await dialog.getByLabel(/^to$/i).fill("16:30");
  await dialog.getByLabel("Note").fill("Writing");
  await dialog.getByLabel("Note").press("Tab");
  await examine(app, "a time that recurs");
  await dialog.getByRole("button", { name: "Block time" }).click();
  await expect(dialog).toBeHidden();
  await expect(app.getByText("Every day · Writing")).toBeVisible();
  const times = async () => {
    const later = (await slots(space.api, space.event)).filter(
      ({ start }) => Date.parse(start) > Date.parse(dateIn(2)),
    );
    return [
      ...new Set(later.map(({ start }) => new Date(start).toLocaleTimeString("sv", { timeZone: ZONE }))),
    ];
  };
  expect(await times()).toEqual(["16:30:00"]);

  await app.getByRole("button", { name: /^Change: / }).click();
  await dialog.getByLabel(/^to$/i).fill("16");
  await dialog.getByLabel(/^to$/i).press("Tab");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(times).toEqual(["16:00:00", "16:15:00", "16:30:00"]);
  await app.getByRole("button", { name: /^Remove: / }).click();
  await expect(app.getByText("Nothing is blocked.")).toBeVisible();
  await expect.poll(async () => (await times()).includes("09:00:00")).toBe(true);
  await app.getByRole("button", { name: "Undo" }).click();
  await expect(app.getByText("Every day · Writing")).toBeVisible();
});
