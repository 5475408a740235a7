/** Messages: a text is written and sent, a booking's mails stand in the log, and somebody wants no news. */
import { expect } from "@playwright/test";
import { answer, slots, visitor } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

test("a workspace writes its own words, and sees what was sent", async ({ newContext }) => {
  const space = await workspace({ name: "Marta Mail" });
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/messages");
  const main = page.getByRole("main");
  await expect(main.getByText("The usual words are sent")).toBeVisible();
  await main.getByRole("button", { name: "Write a text" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Take the usual words" }).click();
  await expect(dialog.getByLabel("Subject")).toHaveValue(/Confirmed: \{\{ event_type\.name \}\}/);
  await dialog.getByText("Fields and conditions").click();
  await expect(dialog.getByText("{{ booking.location }}", { exact: true })).toBeVisible();
  await examine(page, "the text of a mail");
  await dialog.getByLabel("Subject").fill("Welcome {{ invitee.name }}");
  await dialog.getByLabel("Text").fill("There is no link");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("{{ booking.manage_url }} must not be missing")).toBeVisible();
  await dialog
    .getByLabel("Text")
    .fill("Dear {{ invitee.name }},\n\n{{ button('Change it', booking.manage_url) }}");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();

  const [slot] = await slots(space.api, space.event);
  await answer(
    (await visitor()).post(
      `/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`,
      {
        data: {
          start: slot?.start,
          name: "Vera Visitor",
          email: "vera@messages.e2e.test",
          timezone: "Europe/Amsterdam",
          locale: "en",
        },
      },
    ),
    201,
  );
  await expect
    .poll(async () => {
      const log = await answer<{ items: { title: string; status: string }[] }>(
        space.api.get("/api/v1/messages", { params: { recipient: "vera@messages.e2e.test" } }),
      );
      return log.items.map(({ title, status }) => `${title}: ${status}`);
    })
    .toEqual(["Welcome Vera Visitor: kept"]);

  // The log, and the same on the booking's page.
  await page.reload();
  await expect(main.getByText("Welcome Vera Visitor")).toBeVisible();
  await main.getByLabel("Address or number").last().fill("nobody@e2e.test");
  await expect(main.getByText("No messages")).toBeVisible();
  await main.getByLabel("Address or number").first().fill("vera@messages.e2e.test");
  await main.getByRole("button", { name: "Add", exact: true }).click();
  await expect(main.getByText("Added by hand")).toBeVisible();
  await examine(page, "messages");
  const { items } = await answer<{ items: { id: string }[] }>(space.api.get("/api/v1/bookings"));
  await page.goto(`/bookings/${items[0]?.id}`);
  await expect(main.getByText("Welcome Vera Visitor")).toBeVisible();
  await examine(page, "a booking with its messages");

  // As it reads with that booking, and back to the usual words.
  await page.goto("/settings/messages");
  await main.getByRole("button", { name: /^Edit: / }).click();
  await dialog.getByRole("button", { name: "Show with a booking" }).click();
  await expect(dialog.frameLocator("iframe").getByText("Dear Vera Visitor")).toBeVisible();
  await dialog.getByRole("button", { name: "Send the usual words again" }).click();
  await page.getByRole("dialog").last().getByRole("button", { name: "Send the usual words again" }).click();
  await expect(main.getByText("The usual words are sent", { exact: true })).toBeVisible();
});

test("an account at a provider of SMS is set up and forgotten", async ({ newContext }) => {
  const space = await workspace({ name: "Simon Sms" });
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/mail");
  const main = page.getByRole("main");
  await main.getByRole("button", { name: "Set up SMS" }).click();
  await main.getByLabel("Account SID").fill("AC123");
  await main.getByLabel("Auth token").fill("a-token-of-the-provider");
  await main.getByRole("button", { name: "Save" }).click();
  await expect(main.getByLabel("From number")).toHaveAttribute("aria-invalid", "true");
  await main.getByLabel("From number").fill("+31 6 1234 5678");
  await main.getByRole("button", { name: "Save" }).click();
  await expect(main.getByLabel("From number")).toHaveValue("+31612345678");
  await examine(page, "an account for SMS");
  await main.getByRole("button", { name: "Send no SMS" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send no SMS" }).click();
  await expect(main.getByText("No SMS is sent", { exact: true })).toBeVisible();
});
