/** What is shown as changed at once can be taken back, and then stands on the server as before. */
import { expect } from "@playwright/test";
import { answer, slots } from "../support/api";
import { signedInPage, test } from "../support/test";
import { book, workspace } from "../support/workspace";

test("a cancelled booking stands again after Undo, and its time stays taken", async ({ newContext }) => {
  const space = await workspace();
  const [slot] = await slots(space.api, space.event);
  if (!slot) throw new Error("no free time");
  await book(space, slot, { name: "Ugo Undone", email: "ugo@e2e.test" });
  const taken = async () => !(await slots(space.api, space.event)).some(({ start }) => start === slot.start);
  const app = await signedInPage(newContext, space.api);
  await app.goto("/bookings");
  await app.getByRole("link", { name: /Ugo Undone/ }).click();
  const panel = app.getByRole("complementary", { name: "Booking" });
  await panel.getByRole("button", { name: "Cancel booking" }).click();
  await expect(panel.getByText("Cancelled", { exact: true })).toBeVisible();
  await expect(app.getByText("The booking of Ugo Undone is cancelled")).toBeVisible();
  expect(await taken()).toBe(false);

  await app.getByRole("button", { name: "Undo" }).click();
  await expect(app.getByText("The booking stands again")).toBeVisible();
  await app.reload();
  await expect(panel.getByRole("button", { name: "Cancel booking" })).toBeVisible();
  await expect(panel.getByText("Confirmed", { exact: true })).toBeVisible();
  await expect(app.getByRole("main").getByRole("link", { name: /Ugo Undone.*Confirmed/ })).toBeVisible();
  expect(await taken()).toBe(true);
});

test("an archived event type can be booked again after Undo", async ({ newContext }) => {
  const space = await workspace();
  const app = await signedInPage(newContext, space.api);
  const visitor = await (await newContext({ javaScriptEnabled: false })).newPage();
  await app.goto("/event-types");
  const card = app.getByRole("main").getByRole("link", { name: space.event.name, exact: true });
  await app.getByRole("button", { name: `Actions for ${space.event.name}` }).click();
  await app.getByRole("menuitem", { name: "Archive" }).click();
  await expect(card).toHaveCount(0);
  await expect(app.getByText(`${space.event.name} is archived`)).toBeVisible();
  expect((await visitor.goto(space.event.public_url))?.status()).toBe(404);

  await app.getByRole("button", { name: "Undo" }).click();
  await expect(app.getByText(`${space.event.name} can be booked again`)).toBeVisible();
  await app.reload();
  await expect(card).toBeVisible();
  await visitor.reload();
  await expect(visitor.getByRole("table").getByRole("link").first()).toBeVisible();
});

test("a fact of a contact goes back to what it was after Undo", async ({ newContext }) => {
  const space = await workspace();
  const { id } = await answer<{ id: string }>(
    space.api.post("/api/v1/contacts", {
      data: { kind: "person", name: "Cora Contact", phone: "+31201234567" },
    }),
    201,
  );
  const phone = async () => (await answer<{ phone: string }>(space.api.get(`/api/v1/contacts/${id}`))).phone;
  const app = await signedInPage(newContext, space.api);
  await app.goto(`/contacts/${id}`);
  await app.getByRole("button", { name: "Edit Phone +31201234567" }).click();
  await app.getByLabel("Phone").fill("+31207654321");
  await app.getByLabel("Phone").press("Enter");
  await expect(app.getByRole("button", { name: "Edit Phone +31207654321" })).toBeVisible();
  await expect(app.getByText("Saved", { exact: true })).toBeVisible();
  expect(await phone()).toBe("+31207654321");

  await app.getByRole("button", { name: "Undo" }).click();
  await expect.poll(phone).toBe("+31201234567");
  await app.reload();
  await expect(app.getByRole("button", { name: "Edit Phone +31201234567" })).toBeVisible();
});
