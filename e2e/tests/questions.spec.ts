/** Questions of an event type, from the editor to the visitor's form and the booking. */
import { expect } from "@playwright/test";
import { answer, slots } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("a question is set on the screen, asked of a visitor without script, and answered in the booking", async ({
  newContext,
}) => {
  const space = await workspace();
  const app = await signedInPage(newContext, space.api);
  await app.goto(`/event-types/${space.event.id}`);
  const add = async (label: string, kind: string, options?: string) => {
    await app.getByRole("button", { name: "Add a question" }).click();
    const dialog = app.getByRole("dialog");
    await dialog.getByLabel("Question").fill(label);
    await dialog.getByRole("combobox", { name: "Kind of answer" }).click();
    await app.getByRole("option", { name: kind, exact: true }).click();
    if (options) await dialog.getByLabel("Options").fill(options);
    return dialog;
  };
  let dialog = await add("Topic", "One of several", "Roof\nWalls");
  await dialog.getByRole("switch", { name: "Must be answered" }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(app.getByText("One of several · required")).toBeVisible();
  dialog = await add("Age of the roof", "Number");
  await dialog.getByRole("switch", { name: "Must be answered" }).check();
  await dialog.getByRole("combobox", { name: "Ask only if" }).click();
  await app.getByRole("option", { name: "Topic" }).click();
  await dialog.getByRole("combobox", { name: "Condition" }).click();
  await app.getByRole("option", { name: "equals" }).click();
  await dialog.getByLabel("Values").fill("Roof");
  await examine(app, "a question");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(app.getByText("asked for some answers only")).toBeVisible();
  await examine(app, "the questions of an event type");
  const stored = async () => {
    const saved = await answer<{ questions: { key: string }[] }>(
      space.api.get(`/api/v1/event-types/${space.event.id}`),
    );
    return saved.questions.map(({ key }) => key);
  };
  await expect.poll(stored).toEqual(["topic", "age_of_the_roof"]);

  const context = await newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const visitor = await context.newPage();
  const [slot] = await slots(space.api, space.event);
  await visitor.goto(`${space.page}/${space.event.slug}/book?start=${slot?.start}&name=Vera&lang=en`);
  await expect(visitor.getByLabel("Name")).toHaveValue("Vera");
  await visitor.getByLabel("E-mail").fill("vera@e2e.test");
  await visitor.getByLabel("Topic").selectOption("Roof");
  await visitor.getByRole("button", { name: "Book" }).click();
  await expect(visitor.getByRole("alert")).toContainText("Age of the roof");
  await examine(visitor, "a form with a question that is not answered");
  await visitor.getByLabel("Age of the roof").fill("12");
  await visitor.getByRole("button", { name: "Book" }).click();
  await expect(visitor.getByRole("heading", { level: 1 })).toHaveText("Your booking is confirmed");
  await expect(visitor.getByText("Age of the roof")).toBeVisible();

  const { items } = await answer<{ items: { id: string }[] }>(space.api.get("/api/v1/bookings"));
  await app.goto(`/bookings/${items[0]?.id}`);
  await expect(app.getByText("Age of the roof")).toBeVisible();
  await expect(app.getByText("12", { exact: true })).toBeVisible();
});
