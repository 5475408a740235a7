/** The provider is judged by a client that others wrote, after that client was judged by a provider that others wrote. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type APIRequestContext, expect, test } from "@playwright/test";
import Provider from "oidc-provider";
import { answer } from "../support/api";
import { drive } from "../support/oauth";
import { address } from "../support/settings";
import { workspace } from "../support/workspace";

const CALLBACK = "https://client.example.com/cb";
const GOODBYE = "https://client.example.com/bye";

/** Cookies and redirects, as far as a provider's own pages need them. */
class Browser {
  private cookies = new Map<string, string>();

  async open(url: URL, form?: Record<string, string>): Promise<{ url: URL; html: string }> {
    let [at, body] = [url, form ? new URLSearchParams(form) : undefined];
    for (let hops = 0; hops < 12; hops++) {
      if (at.href.startsWith("https://client.example.com/")) return { url: at, html: "" };
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(at, {
        method: body ? "POST" : "GET",
        body,
        headers: { cookie },
        redirect: "manual",
      });
      for (const line of response.headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        const cut = pair.indexOf("=");
        this.cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
      }
      const to = response.headers.get("location");
      if (!to) return { url: at, html: await response.text() };
      [at, body] = [new URL(to, at), undefined];
    }
    throw new Error(`${url} leads in a circle`);
  }
}

const hidden = (html: string, name: string) =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? "";

test("the script passes against a provider of others", async () => {
  let listening: Server | undefined;
  try {
    const server = createServer();
    listening = server.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: "web",
          client_secret: "a secret of the test",
          redirect_uris: [CALLBACK],
          post_logout_redirect_uris: [GOODBYE],
          grant_types: ["authorization_code", "refresh_token", "client_credentials"],
          token_endpoint_auth_method: "client_secret_basic",
        },
        {
          client_id: "box",
          token_endpoint_auth_method: "none",
          redirect_uris: [],
          response_types: [],
          grant_types: ["refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        },
      ],
      clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
      pkce: { required: () => true },
      scopes: ["openid", "offline_access", "email"],
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, email: `${sub}@example.com` }) }),
      cookies: { keys: ["a key of the test"] },
      rotateRefreshToken: true,
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        deviceFlow: { enabled: true },
        dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
        introspection: { enabled: true },
        revocation: { enabled: true },
        pushedAuthorizationRequests: { enabled: true },
        rpInitiatedLogout: { enabled: true },
      },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    });
    const app = provider.callback();
    server.on("request", async (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return app(request, response);
      const { prompt, params, grantId, session } = await provider.interactionDetails(request, response);
      if (prompt.name === "login")
        return provider.interactionFinished(request, response, { login: { accountId: "ana" } });
      const found = grantId ? await provider.Grant.find(grantId) : undefined;
      const grant =
        found ?? new provider.Grant({ accountId: session?.accountId, clientId: String(params.client_id) });
      grant.addOIDCScope(String(params.scope));
      const result = { consent: { grantId: await grant.save() } };
      return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
    });
    const browser = new Browser();
    await drive({
      issuer,
      web: { id: "web", secret: "a secret of the test" },
      device: "box",
      callback: CALLBACK,
      afterLogout: GOODBYE,
      scope: "",
      agree: async (url) => (await browser.open(url)).url,
      agreeToDevice: async (code) => {
        const page = await browser.open(new URL(`${issuer}/device?user_code=${code}`));
        const form = { xsrf: hidden(page.html, "xsrf"), user_code: code, confirm: "yes" };
        await browser.open(new URL(`${issuer}/device`), form);
      },
      signOut: async (url) => {
        const page = await browser.open(url);
        const form = { xsrf: hidden(page.html, "xsrf"), logout: "yes" };
        return (await browser.open(new URL(`${issuer}/session/end/confirm`), form)).url;
      },
    });
  } finally {
    listening?.closeAllConnections();
    listening?.close();
  }
});

/** The person, who answers as the pages of the web app do. */
function person(api: APIRequestContext, tenant: string) {
  const go = async (url: URL) => {
    const response = await api.get(url.href, { maxRedirects: 0 });
    expect(response.status()).toBe(303);
    return new URL(response.headers().location ?? "", address());
  };
  return {
    agree: async (url: URL) => {
      const to = await go(url);
      expect(to.pathname).toBe("/oauth/consent");
      const data = { request: to.searchParams.get("request"), allowed: true, tenant_id: tenant };
      const decided = await answer<{ redirect_to: string }>(
        api.post("/api/v1/oauth-authorizations", { data }),
      );
      return new URL(decided.redirect_to);
    },
    agreeToDevice: async (code: string) => {
      const data = { request: code, allowed: true, tenant_id: tenant };
      await answer(api.post("/api/v1/oauth-device-authorizations", { data }), 204);
    },
    signOut: go,
  };
}

test("the same script passes against the program", async () => {
  const space = await workspace();
  const { id: tenant } = await answer<{ id: string }>(space.api.get("/api/v1/tenant"));
  const scopes = ["openid", "profile", "email", "offline_access", "contacts:read"];
  const data = {
    name: "Judge",
    logo_text: "J",
    kind: "confidential",
    grant_types: ["authorization_code", "refresh_token", "client_credentials"],
    redirect_uris: [CALLBACK],
    post_logout_redirect_uris: [GOODBYE],
    allowed_scopes: scopes,
  };
  type Made = { client_id: string; client_secret: string };
  const web = await answer<Made>(space.api.post("/api/v1/oauth-clients", { data }), 201);
  const box = {
    ...data,
    kind: "native",
    grant_types: ["device_code", "refresh_token"],
    redirect_uris: [],
    post_logout_redirect_uris: [],
  };
  const device = await answer<Made>(space.api.post("/api/v1/oauth-clients", { data: box }), 201);
  await drive({
    issuer: address(),
    web: { id: web.client_id, secret: web.client_secret },
    device: device.client_id,
    callback: CALLBACK,
    afterLogout: GOODBYE,
    scope: "contacts:read",
    ...person(space.api, tenant),
  });
  await answer(space.api.get("/api/v1/session"), 401);
});
