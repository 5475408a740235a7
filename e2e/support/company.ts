/** Another company whose accounts sign in to Atrium: a provider that others wrote, with the plainest page to sign in on. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

export interface Company {
  /** What Atrium is told of it. */
  provider: Record<string, string>;
  stop: () => void;
}

async function form(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const piece of request) text += piece;
  return new URLSearchParams(text);
}

/** Its account `ana` has the address `ana@e2e.test`, and vouches for it unless the name begins with `unverified`. */
export async function openCompany(base: string): Promise<Company> {
  const server = createServer();
  const listening = server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const secret = "what acme & atrium share";
  const company = new Provider(issuer, {
    clients: [
      {
        client_id: "atrium",
        client_secret: secret,
        redirect_uris: [`${base}/sign-in/from/acme`],
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    pkce: { required: () => true },
    scopes: ["openid", "email", "profile"],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    conformIdTokenClaims: false,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@e2e.test`,
        email_verified: !sub.startsWith("unverified"),
        name: `${sub} of Acme`,
      }),
    }),
    cookies: { keys: ["a key of the tests"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  });
  const app = company.callback();
  server.on("request", async (request, response) => {
    if (!request.url?.startsWith("/interaction/")) return app(request, response);
    const { prompt, params, grantId, session } = await company.interactionDetails(request, response);
    if (prompt.name === "login" && request.method === "POST") {
      const accountId = (await form(request)).get("login") ?? "";
      return company.interactionFinished(request, response, { login: { accountId } });
    }
    if (prompt.name === "login") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      return response.end(
        `<!doctype html><html lang="en"><title>Acme</title><link rel="icon" href="data:,"><h1>Acme</h1>
         <form method="post"><label>Account <input name="login" autofocus></label><button>Sign in to Acme</button></form></html>`,
      );
    }
    const found = grantId ? await company.Grant.find(grantId) : undefined;
    const grant =
      found ?? new company.Grant({ accountId: session?.accountId, clientId: String(params.client_id) });
    grant.addOIDCScope(String(params.scope));
    const result = { consent: { grantId: await grant.save() } };
    return company.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  });
  return {
    provider: { key: "acme", name: "Acme", issuer, client_id: "atrium", client_secret: secret },
    stop: () => void listening.close(),
  };
}
