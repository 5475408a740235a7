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
  await visitor.getByLabel("Age of the roof").fill("12");
  await visitor.getByRole("button", { name: "Book" }).click();
  await expect(visitor.getByRole("heading", { level: 1 })).toHaveText("Your booking is confirmed");
  await expect(visitor.getByText("Age of the roof")).toBeVisible();

  const { items } = await answer<{ items: { id: string }[] }>(space.api.get("/api/v1/bookings"));
  await app.goto(`/bookings/${items[0]?.id}`);
  await expect(app.getByText("Age of the roof")).toBeVisible();
  await expect(app.getByText("12", { exact: true })).toBeVisible();

  // With script the question about the roof comes and goes.
  const scripted = await (await newContext({ viewport: { width: 390, height: 844 } })).newPage();
  const [free] = await slots(space.api, space.event);
  await scripted.goto(`${space.page}/${space.event.slug}/book?start=${free?.start}&name=Otto&lang=en`);
  const age = scripted.getByLabel("Age of the roof");
  await expect(age).toBeHidden();
  await scripted.getByLabel("Topic").selectOption("Roof");
  await scripted.getByLabel("E-mail").fill("otto@e2e.test");
  await scripted.getByRole("button", { name: "Book" }).click();
  await expect(scripted.getByRole("alert")).toContainText("Age of the roof");
  await examine(scripted, "a form with a question that is not answered");
  await scripted.goto(`${space.page}/${space.event.slug}/book?start=${free?.start}&name=Otto&lang=en`);
  await scripted.getByLabel("Topic").selectOption("Roof");
  await age.fill("12");
  await examine(scripted, "a form with a question that came with an answer");
  await scripted.getByLabel("Topic").selectOption("Walls");
  await expect(age).toBeHidden();
  await scripted.getByLabel("E-mail").fill("otto@e2e.test");
  await scripted.getByRole("button", { name: "Book" }).click();
  await expect(scripted.getByRole("heading", { level: 1 })).toHaveText("Your booking is confirmed");
  await expect(scripted.getByText("Walls")).toBeVisible();
  await expect(scripted.getByText("Age of the roof")).toHaveCount(0);

  // So it does for a member who books for somebody.
  await app.goto("/bookings");
  await app.getByRole("button", { name: "New booking" }).click();
  const form = app.getByRole("dialog");
  await form
    .getByRole("button", { name: /^\d?\d:\d\d/ })
    .first()
    .click();
  await form.getByLabel("Name").fill("Mia");
  await form.getByLabel("E-mail").fill("mia@e2e.test");
  await expect(form.getByLabel("Age of the roof")).toHaveCount(0);
  await form.getByLabel("Topic").selectOption("Roof");
  await form.getByLabel("Age of the roof").fill("7 years");
  await form.getByRole("button", { name: "Book", exact: true }).click();
  await expect(form.getByLabel("Age of the roof")).toHaveAttribute("aria-invalid", "true");
  await examine(app, "a new booking with an answer that does not fit");
  await form.getByLabel("Age of the roof").fill("7");
  await form.getByRole("button", { name: "Book", exact: true }).click();
  await expect(form).toBeHidden();
});
