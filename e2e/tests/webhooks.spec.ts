/** Webhooks: one is made, a booking reaches a receiver, its log shows it, and it is replayed. */
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { answer, slots, visitor } from "../support/api";
import { examine } from "../support/look";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

interface Message {
  headers: IncomingHttpHeaders;
  body: string;
}

/** As the specification has it. */
function isSigned({ headers, body }: Message, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const mac = createHmac("sha256", key).update(text).digest("base64");
  return String(headers["webhook-signature"]).split(" ").includes(`v1,${mac}`);
}

test("a booking reaches a webhook, and once more when it is replayed", async ({ newContext }) => {
  const received: Message[] = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      response.end("thank you");
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const space = await workspace({ name: "Wanda Webhook" });
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/webhooks");
  const main = page.getByRole("main");
  await expect(main.getByText("No webhooks yet")).toBeVisible();
  await examine(page, "no webhooks");
  await main.getByRole("button", { name: "Add a webhook" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Address").fill("ftp://example.com");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByText("Not valid")).toBeVisible();
  await dialog.getByLabel("Address").fill(url);
  await dialog.getByLabel("Description").fill("Our books");
  await dialog.getByRole("button", { name: "Create" }).click();
  const secret = await dialog.getByLabel("Signing secret").inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();

  const [slot] = await slots(space.api, space.event);
  await answer(
    (await visitor()).post(
      `/api/v1/public/organizers/${space.slug}/event-types/${space.event.slug}/bookings`,
      {
        data: {
          start: slot?.start,
          name: "Vera Visitor",
          email: "vera@e2e.test",
          timezone: "Europe/Amsterdam",
        },
      },
    ),
    201,
  );
  const bookings = () => received.filter(({ body }) => JSON.parse(body).type === "booking.created");
  await expect.poll(() => bookings().length).toBe(1);
  expect(isSigned(bookings()[0] as Message, secret)).toBe(true);

  await main.getByRole("link", { name: url }).click();
  const entry = main.getByRole("button", { name: "booking.created", exact: true });
  await entry.click();
  await expect(main.getByText("thank you").first()).toBeVisible();
  await examine(page, "the log of a webhook");
  await main.getByRole("button", { name: "Replay: booking.created" }).click();
  await expect.poll(() => bookings().length).toBe(2);
  expect(bookings()[1]?.headers["webhook-id"]).toBe(bookings()[0]?.headers["webhook-id"]);
  await expect(main.getByText("2 attempts")).toBeVisible();
  receiver.close();
});
