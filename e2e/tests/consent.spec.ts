/** What an app is given: chosen when it asks, for how long is told, and taken from later; and what acts for members. */
import { expect, request } from "@playwright/test";
import { answer } from "../support/api";
import { examine, PHONE } from "../support/look";
import { address } from "../support/settings";
import { signedInPage, test } from "../support/test";
import { workspace } from "../support/workspace";

const CALLBACK = "https://client.example.com/cb";
// RFC 7636, Appendix B.
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

test("of what an app asks one gives some, and takes from that later", async ({ newContext }) => {
  const space = await workspace();
  const data = {
    name: "Notebook",
    logo_text: "N",
    kind: "confidential",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: [CALLBACK],
    allowed_scopes: ["openid", "email", "offline_access", "contacts:read", "contacts:write"],
  };
  type Made = { client_id: string; client_secret: string };
  const app = await answer<Made>(space.api.post("/api/v1/oauth-clients", { data }), 201);
  const asked = new URL("/oauth/authorize", address());
  asked.search = new URLSearchParams({
    client_id: app.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: data.allowed_scopes.join(" "),
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  }).toString();

  const page = await signedInPage(newContext, space.api);
  await page.setViewportSize(PHONE);
  await page.goto(asked.href);
  const wants = page.getByRole("group", { name: "It asks to" });
  await expect(wants.getByRole("checkbox")).toHaveCount(5);
  await expect(wants.getByLabel("Know that it is you")).toBeDisabled();
  await expect(page.getByText("For up to 90 days, or until you disconnect it.")).toBeVisible();
  await wants.getByLabel("Stay connected while you are away").uncheck();
  await expect(page.getByText("For 60 minutes; then it has to ask again.")).toBeVisible();
  await wants.getByLabel("Stay connected while you are away").check();
  await wants.getByLabel("Contacts: change").uncheck();
  await examine(page, "an app that asks");
  await page.setViewportSize({ width: 1440, height: 900 });
  await examine(page, "an app that asks, on a wide screen");
  // To the app's own site, which is not there.
  await page.route(`${CALLBACK}*`, (route) => route.fulfill({ body: "Welcome back" }));
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(`${CALLBACK}*`);
  const code = new URL(page.url()).searchParams.get("code") ?? "";
  const program = await request.newContext({ baseURL: address() });
  const form = {
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    client_id: app.client_id,
    client_secret: app.client_secret,
  };
  const issued = await answer<{ access_token: string; scope: string }>(program.post("/oauth/token", { form }));
  expect(issued.scope).toBe("contacts:read email offline_access openid");
  const headers = { authorization: `Bearer ${issued.access_token}` };
  expect((await program.get("/api/v1/contacts", { headers })).status()).toBe(200);

  await page.goto("/settings/security");
  const connected = page.getByRole("region", { name: "Connected apps" });
  await connected.getByRole("button", { name: "Change: Notebook" }).click();
  const dialog = page.getByRole("dialog", { name: "What Notebook may do" });
  await expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
  await dialog.getByLabel("Contacts: see").uncheck();
  await examine(page, "what an app may do");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Notebook may do less now")).toBeVisible();
  await expect(dialog).toHaveCount(0);
  await expect(connected.getByText("Contacts: see")).toHaveCount(0);
  expect((await program.get("/api/v1/contacts", { headers })).status()).toBe(403);
  await program.dispose();
});

test("who keeps the workspace safe sees members' tokens and ends them", async ({ newContext }) => {
  const space = await workspace({ name: "Toni Tokens" });
  const data = { name: "Night script", scopes: ["contacts:read"] };
  const made = await answer<{ token: string }>(space.api.post("/api/v1/access-tokens", { data }), 201);
  const page = await signedInPage(newContext, space.api);
  await page.goto("/settings/policy");
  const section = page.getByRole("region", { name: "Members' access tokens" });
  await expect(section.getByText("Night script")).toBeVisible();
  await expect(section.getByText(/Toni Tokens/)).toBeVisible();
  await section.scrollIntoViewIfNeeded();
  await examine(page, "members' tokens");
  await page.setViewportSize(PHONE);
  await examine(page, "members' tokens on a phone");
  await section.getByRole("button", { name: "Revoke: Night script" }).click();
  const asked = page.getByRole("dialog", { name: "Revoke the access token" });
  await asked.getByRole("textbox").fill("Night script");
  await asked.getByRole("button", { name: "Revoke" }).click();
  await expect(section.getByText("No program acts for a member")).toBeVisible();
  const program = await request.newContext({ baseURL: address() });
  const headers = { authorization: `Bearer ${made.token}` };
  expect((await program.get("/api/v1/contacts", { headers })).status()).toBe(401);
  await program.dispose();
});
