/** Several organizers of one event type, from the screen to the visitor's booking. */
import { expect } from "@playwright/test";
import { answer, slots } from "../support/api";
import { colleague } from "../support/colleague";
import { signedInPage, test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("an event type of two organizers gives its bookings to each in turn", async ({ newContext }) => {
  const space = await workspace();
  await colleague(space, "Ines Invited");

  const app = await signedInPage(newContext, space.api);
  await app.goto(`/event-types/${space.event.id}`);
  await app.getByRole("combobox", { name: "Who takes part" }).click();
  await app.getByRole("option", { name: "One of several, in turn" }).click();
  await app.getByRole("combobox", { name: "Add an organizer" }).click();
  await app.getByRole("option", { name: "Ines Invited" }).click();
  const other = app.getByRole("group", { name: "Ines Invited" });
  await other.getByLabel("Weight").fill("100");
  await other.getByLabel("Weight").press("Tab");
  const stored = async () => {
    const saved = await answer<{ mode: string; organizers: { name: string; weight: number }[] }>(
      space.api.get(`/api/v1/event-types/${space.event.id}`),
    );
    return [saved.mode, ...saved.organizers.map(({ name, weight }) => `${name} ${weight}`)];
  };
  await expect.poll(stored).toEqual(["round_robin", `${space.owner.name} 1`, "Ines Invited 100"]);

  // At one time each of the two can be met once.
  const start = (await slots(space.api, space.event)).find(({ start }) => {
    const day = new Date(start).getUTCDay();
    return day > 0 && day < 6;
  })?.start;
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  const met: string[] = [];
  for (const name of ["Vera Visitor", "Wim Visitor"]) {
    await page.goto(`${space.page}/${space.event.slug}/book?start=${start}&tz=UTC`);
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("E-mail").fill(`${unique("visitor")}@e2e.test`);
    await page.getByRole("button", { name: "Book" }).click();
    await expect(page.getByText("With", { exact: true })).toBeVisible();
    const text = await page.getByRole("main").innerText();
    met.push(text.includes("Ines Invited") ? "Ines Invited" : space.owner.name);
  }
  expect(met.sort()).toEqual(["Ines Invited", space.owner.name].sort());
});
