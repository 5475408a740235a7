/** From the public page to the inbox and back, on a phone in another zone, without script. */
import { expect, type Page } from "@playwright/test";
import {
  answer,
  calendarOf,
  lend,
  linkIn,
  mailTo,
  property,
  type Slot,
  slots,
  visitor,
} from "../support/api";
import { type NewContext, test } from "../support/test";
import { unique, type Workspace, workspace } from "../support/workspace";

const ZONE = "America/Sao_Paulo";

async function phone(newContext: NewContext): Promise<Page> {
  const context = await newContext({
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    timezoneId: ZONE,
    locale: "en-US",
  });
  return context.newPage();
}

/** How the instant reads on the organizer's or visitor's wall clock. */
function clock(instant: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(
    new Date(instant),
  );
}

/** Goes from the organizer's page to the times of the last free day of the month shown. */
async function chooseDay(page: Page, space: Workspace): Promise<void> {
  await page.goto(space.page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(space.owner.name);
  await page.getByRole("link", { name: space.event.name }).click();
  await page.getByLabel("Your time zone").selectOption(ZONE);
  await page.getByRole("button", { name: "Use this zone" }).click();
  await expect(page.getByText(/^Times in .*Sao Paulo/)).toBeVisible();
  // Two months ahead no time is too soon, and the whole day is free.
  await page.getByRole("link", { name: /^Later:/ }).click();
  await page.getByRole("table").getByRole("link").first().click();
}

function times(page: Page) {
  return page.locator("#times").getByRole("link");
}

/** The starts that the chosen day offers, as milliseconds. */
async function starts(page: Page): Promise<number[]> {
  const links = await times(page).evaluateAll((found) =>
    found.map((link) => (link as HTMLAnchorElement).href),
  );
  return links.map((link) => Date.parse(new URL(link).searchParams.get("start") ?? ""));
}

test("a visitor books, moves and cancels; nobody else gets the time meanwhile", async ({ newContext }) => {
  const space = await workspace({ zone: "Europe/Amsterdam" });
  const name = "Vítor Visitor";
  const email = `${unique("vitor")}@e2e.test`;
  const page = await phone(newContext);

  await chooseDay(page, space);
  const offered = await starts(page);
  expect(offered.length).toBeGreaterThan(3);
  const chosen = times(page).first();
  const bookUrl = new URL((await chosen.getAttribute("href")) ?? "", page.url());
  const start = Date.parse(bookUrl.searchParams.get("start") ?? "");
  await chosen.click();
  await expect(page.getByText(/^This time is kept for you until /)).toBeVisible();
  // Somebody else asks for the same time while the form is open.
  const second = await phone(newContext);
  await second.goto(bookUrl.href);

  await page.getByLabel("Name").fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Book", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your booking is confirmed");
  await expect(page.getByText(email).first()).toBeVisible();
  const width = await page.locator("body").evaluate((body) => body.ownerDocument.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);

  const { items } = await answer<{ items: { id: string; start: string; contact_id: string }[] }>(
    space.api.get("/api/v1/bookings", { params: { q: email } }),
  );
  expect(items).toHaveLength(1);
  const booking = items[0] ?? { id: "", start: "", contact_id: "" };
  expect(Date.parse(booking.start)).toBe(start);

  // Both get a mail with a calendar file, each in their own zone.
  const confirmation = await mailTo(email);
  const notice = await mailTo(space.owner.email, (mail) => mail.raw.includes("text/calendar"));
  for (const mail of [confirmation, notice]) {
    expect(mail.attachments.map((file) => file.content_type).join()).toContain("text/calendar");
    const calendar = calendarOf(mail);
    expect(property(calendar, "METHOD")).toBe("REQUEST");
    expect(property(calendar, "SEQUENCE")).toBe("0");
    expect(calendar).toContain("BEGIN:VEVENT");
    expect(calendar).toContain(email);
  }
  expect(confirmation.text).toMatch(reading(booking.start, ZONE));
  expect(notice.text).toMatch(reading(booking.start, "Europe/Amsterdam"));
  const uid = property(calendarOf(confirmation), "UID");
  expect(uid).toBe(property(calendarOf(notice), "UID"));

  await test.step("the booking and the contact stand in the organizer's web app", async () => {
    const context = await newContext({ viewport: { width: 1440, height: 900 } });
    await lend(space.api, context);
    const app = await context.newPage();
    await app.goto("/bookings");
    await app.getByRole("link", { name: new RegExp(name) }).click();
    const panel = app.getByRole("complementary", { name: "Booking" });
    await expect(panel.or(app.getByRole("main")).getByText(email).first()).toBeVisible();
    await app.goto("/contacts");
    await app.getByRole("link", { name }).click();
    await expect(app.getByText(email).first()).toBeVisible();
    await context.close();
  });

  await test.step("a second visitor cannot take the same time", async () => {
    await expect(second.getByRole("heading", { name: "This time is no longer free" })).toBeVisible();
    await expect(
      second.getByRole("group", { name: "Nearest free times" }).getByRole("radio"),
    ).not.toHaveCount(0);
    await second.getByLabel("Name").fill("Second Visitor");
    await second.getByLabel("E-mail").fill("no address");
    await second.getByRole("group", { name: "Nearest free times" }).getByRole("radio").first().check();
    await second.getByRole("button", { name: "Book", exact: true }).click();
    await expect(second.getByLabel("Name")).toHaveValue("Second Visitor");
    await chooseDay(second, space);
    // Half an hour is gone, and every start that would run into it.
    const left = await starts(second);
    expect(left).toEqual(offered.filter((time) => Math.abs(time - start) >= 30 * 60_000));
    await second.context().close();

    const api = await visitor();
    const refused = await answer<{ code: string; nearest: Slot[] }>(
      api.post(`/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`, {
        data: { start: booking.start, timezone: ZONE, name: "Third", email: `${unique("third")}@e2e.test` },
      }),
      409,
    );
    expect(refused.code).toBe("slot_taken");
    expect(refused.nearest.length).toBeGreaterThan(0);
  });

  await test.step("the visitor moves it by the link in the mail", async () => {
    await page.goto(linkIn(confirmation, "/b/m/"));
    await page.getByRole("link", { name: "Choose another time" }).click();
    await times(page).last().click();
    await page.getByRole("button", { name: "Move the booking" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your booking is confirmed");
    const moved = calendarOf(await mailTo(email, (mail) => property(calendarOf(mail), "SEQUENCE") === "1"));
    expect(property(moved, "UID")).toBe(uid);
    expect(property(moved, "METHOD")).toBe("REQUEST");
    const fresh = await phone(newContext);
    await chooseDay(fresh, space);
    expect(await starts(fresh)).toContain(start);
    await fresh.context().close();
  });

  await test.step("the visitor cancels it, and the time is free again", async () => {
    await page.goto(linkIn(confirmation, "/b/m/"));
    await page.locator("summary", { hasText: "Cancel the booking" }).click();
    await page.getByRole("button", { name: "Cancel the booking" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This booking is cancelled");
    const cancelled = calendarOf(
      await mailTo(email, (mail) => property(calendarOf(mail), "METHOD") === "CANCEL"),
    );
    expect(property(cancelled, "UID")).toBe(uid);
    const again = await phone(newContext);
    await chooseDay(again, space);
    expect(await starts(again)).toEqual(offered);
  });
});

/** The time of day as 24 or 12 hours. */
function reading(instant: string, zone: string): RegExp {
  const [hour = "", minute = ""] = clock(instant, zone).split(":");
  const twelve = Number(hour) % 12 || 12;
  return new RegExp(`\\b(${hour}|${Number(hour)}|${twelve}):${minute}`);
}

test("the page detects the visitor's zone where there is script", async ({ newContext }) => {
  const space = await workspace();
  const context = await newContext({ timezoneId: "Asia/Kolkata", locale: "en-US" });
  const page = await context.newPage();
  await page.goto(space.event.public_url);
  await expect(page.getByText(/^Times in .*(Kolkata|Calcutta)/)).toBeVisible();
  // The grid stays the organizer's: half past in Kolkata is on the hour or half hour in Amsterdam.
  const free = await slots(space.api, space.event);
  expect(new Set(free.map((slot) => new Date(slot.start).getUTCMinutes() % 15))).toEqual(new Set([0]));
});

for (const [tag, heading] of [
  ["pt-BR", /Marque|Reserve|Agende|Escolha|horário/i],
  ["nl", /afspraak|Plan|Boek|tijd/i],
] as const) {
  test(`the page speaks ${tag}`, async ({ newContext }) => {
    const space = await workspace();
    const context = await newContext({ locale: tag, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(space.event.public_url);
    await expect(page.locator("html")).toHaveAttribute("lang", new RegExp(`^${tag.slice(0, 2)}`));
    await expect(page.locator("body")).toContainText(heading);
    await expect(page.locator("body")).not.toContainText("Your time zone");
  });
}
