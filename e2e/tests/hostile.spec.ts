/** What strangers type is text wherever it is shown. */
import { type BrowserContext, expect, type Page } from "@playwright/test";
import { answer, lend, mailTo, slots } from "../support/api";
import { test } from "../support/test";
import { book, unique, workspace } from "../support/workspace";

const HTML = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>`;
const SQL = `Robert'); DROP TABLE bookings; --`;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it must arrive as it stands
const TEMPLATE = "{{ 7*7 }} ${7*7} <%= 7*7 %>";

/** Fails the test as soon as a page runs or fetches what it must not. */
async function watched(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on("dialog", (dialog) => {
    throw new Error(`a dialog opened: ${dialog.message()}`);
  });
  return page;
}

async function clean(page: Page): Promise<void> {
  expect(await page.evaluate(() => "owned" in window)).toBe(false);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
}

test("HTML, SQL and template marks of a visitor are shown as text", async ({ newContext }) => {
  const space = await workspace({ name: `Otto ${HTML.slice(0, 60)}` });
  const free = await slots(space.api, space.event);
  for (const [i, name] of [HTML, SQL, TEMPLATE].entries()) {
    const slot = free[i * 3];
    if (!slot) throw new Error("no free time");
    const email = `${unique("mallory")}@e2e.test`;
    await book(space, slot, { name, email, ...{ notes: HTML } });
    const mail = await mailTo(email);
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.html).not.toContain("<img src=x");
    expect(mail.html).not.toContain("<script>window");
  }

  const context = await newContext({ viewport: { width: 1440, height: 900 } });
  await lend(space.api, context);
  const page = await watched(context);
  await page.goto("/bookings");
  for (const name of [HTML, SQL, TEMPLATE]) await expect(page.getByText(name).first()).toBeVisible();
  await clean(page);
  await page.getByText(HTML).first().click();
  await expect(page).toHaveURL(/open=/);
  await expect(page.getByText(HTML).nth(1)).toBeVisible();
  await clean(page);
  await page.goto("/contacts");
  for (const name of [HTML, SQL, TEMPLATE]) await expect(page.getByText(name).first()).toBeVisible();
  await clean(page);
  await page.goto("/audit");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await clean(page);

  const stranger = await watched(await newContext());
  await stranger.goto(space.page);
  await expect(stranger.getByRole("heading", { level: 1 })).toContainText("<img src=x");
  await clean(stranger);
  await stranger.goto(`${space.page}/intro-call?tz=${encodeURIComponent(HTML)}`);
  await expect(stranger.locator("body")).toContainText("<img src=x");
  await clean(stranger);

  const { items } = await answer<{ items: unknown[] }>(space.api.get("/api/v1/bookings"));
  expect(items).toHaveLength(3);
});

test("searching for SQL and wildcards finds nothing and breaks nothing", async ({ newContext }) => {
  const space = await workspace();
  const [slot] = await slots(space.api, space.event);
  if (!slot) throw new Error("no free time");
  await book(space, slot, { name: "Only One", email: `${unique("only")}@e2e.test` });
  for (const q of ["' OR '1'='1", "%", "_", "\\", HTML]) {
    const { items } = await answer<{ items: unknown[] }>(
      space.api.get("/api/v1/contacts", { params: { q } }),
    );
    expect(items, q).toHaveLength(0);
  }
  const context = await newContext();
  await lend(space.api, context);
  const page = await watched(context);
  await page.goto(`/contacts?q=${encodeURIComponent(HTML)}`);
  await expect(page.getByRole("heading", { name: "No contact fits" })).toBeVisible();
  await clean(page);
});
