/** A booking that changes hands in the web app, and a no-show that is taken back. */
import { expect } from "@playwright/test";
import { answer, calendarOf, mailTo, property, slots, visitor } from "../support/api";
import { examinePart } from "../support/look";
import { signedInPage, test } from "../support/test";
import { colleague, unique, workspace } from "../support/workspace";

test("an organizer hands a booking over; both calendars and the invitee's follow", async ({ newContext }) => {
  const space = await workspace();
  const nina = await colleague(space, "Nina Next");
  const email = `${unique("vera")}@e2e.test`;
  // On a weekday, when the colleague has nothing either.
  const start = (await slots(space.api, space.event)).at(-1)?.start;
  const stranger = await visitor();
  await answer(
    stranger.post(`/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`, {
      data: { start, timezone: "UTC", name: "Vera Visitor", email },
    }),
    201,
  );
  // The colleague sees it come without loading anything anew.
  const theirs = await signedInPage(newContext, nina.api);
  await theirs.goto("/bookings");
  await expect(theirs.getByText("No bookings ahead")).toBeVisible();

  const app = await signedInPage(newContext, space.api);
  await app.goto("/bookings");
  await app.getByRole("link", { name: /Vera Visitor/ }).click();
  await app.getByRole("button", { name: "Hand over" }).click();
  const dialog = app.getByRole("dialog", { name: "Hand over the booking of Vera Visitor" });
  await dialog.getByRole("combobox", { name: "To" }).click();
  await app.getByRole("option", { name: "Nina Next" }).click();
  await dialog.getByLabel("Reason").fill("I am away");
  await examinePart(app, "handing a booking over", "[role=dialog]");
  await dialog.getByRole("button", { name: "Hand over" }).click();
  await expect(dialog).toBeHidden();
  await expect(app.getByText("The booking is with Nina Next now").first()).toBeVisible();
  await expect(theirs.getByRole("link", { name: /Vera Visitor/ })).toBeVisible();

  const told = await mailTo(email, (mail) => mail.subject.startsWith("Now with Nina Next"));
  expect(told.text).toContain("I am away");
  expect(property(calendarOf(told), "SEQUENCE")).toBe("1");
  const gone = await mailTo(space.owner.email, (mail) => mail.subject.startsWith("Handed over"));
  expect(property(calendarOf(gone), "METHOD")).toBe("CANCEL");
  const taken = await mailTo(nina.email, (mail) => mail.subject.startsWith("Booked"));
  expect(property(calendarOf(taken), "METHOD")).toBe("REQUEST");
});
