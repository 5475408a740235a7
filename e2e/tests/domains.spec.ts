/** A domain of a workspace's own: added, proven by its record, and with the pages on it. */
import { expect } from "@playwright/test";
import { answer, lend } from "../support/api";
import { setText } from "../support/dns";
import { examine, examinePart } from "../support/look";
import { address } from "../support/settings";
import { test } from "../support/test";
import { unique, workspace } from "../support/workspace";

test("an owner proves a domain, and the pages stand there", async ({ newContext, playwright }) => {
  const space = await workspace({ company: unique("Domain") });
  const context = await newContext();
  await lend(space.api, context);
  const page = await context.newPage();
  const domain = `${unique("book")}.acme.example`;
  await page.goto("/settings/domains");
  await expect(page.getByText("No domain of your own")).toBeVisible();
  await examine(page, "no domain yet");
  await page.getByRole("button", { name: "Add a domain" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Domain").fill("https://acme.example");
  await dialog.getByRole("button", { name: "Add a domain" }).click();
  await expect(dialog.getByText("Not valid")).toBeVisible();
  await dialog.getByLabel("Domain").fill("192.0.2.1");
  await dialog.getByRole("button", { name: "Add a domain" }).click();
  await expect(dialog.getByText("This is an address and not a name")).toBeVisible();
  await examinePart(page, "a domain that is none", "[role=dialog]");
  await dialog.getByLabel("Domain").fill(domain);
  await dialog.getByRole("button", { name: "Add a domain" }).click();
  await expect(page.getByText("Waits for its record")).toBeVisible();
  await page.getByRole("button", { name: `Check ${domain} now` }).click();
  await expect(page.getByText("The TXT record was not found.")).toBeVisible();
  await examine(page, "a domain that waits");

  const { items } = await answer<{ items: { record_name: string; record_value: string }[] }>(
    space.api.get("/api/v1/custom-domains"),
  );
  const [record] = items;
  if (!record) throw new Error("the domain is not there");
  await expect(page.getByText(record.record_value)).toBeVisible();
  setText(record.record_name, record.record_value);
  await page.getByRole("button", { name: `Check ${domain} now` }).click();
  await expect(page.getByText("Proven", { exact: true })).toBeVisible();
  await examine(page, "a proven domain");

  // What stands there, asked for as its visitors' browsers do.
  const visitor = await playwright.request.newContext({
    baseURL: address(),
    extraHTTPHeaders: { host: domain },
  });
  const root = await visitor.get("/");
  expect(root.status()).toBe(200);
  expect(await root.text()).toContain(`/b/${space.slug}`);
  expect((await visitor.get(`/b/${space.slug}`)).status()).toBe(200);
  expect((await visitor.get("/sign-in")).status()).toBe(404);

  await page.getByRole("button", { name: `Remove ${domain}` }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(domain);
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No domain of your own")).toBeVisible();
  expect((await visitor.get("/")).status()).toBe(404);
  await visitor.dispose();
});
