/** What a client of an OpenID provider does from discovery to sign-out, with openid-client: the same steps whoever the provider is. */
import { expect } from "@playwright/test";
import * as client from "openid-client";

/** A provider under test, and how its person answers it. */
export interface Provider {
  issuer: string;
  web: { id: string; secret: string };
  device: string;
  callback: string;
  afterLogout: string;
  /** Scopes beside OpenID's own that it knows. */
  scope: string;
  /** Signs in and agrees; answers the address that the browser is sent back to. */
  agree(url: URL): Promise<URL>;
  agreeToDevice(userCode: string): Promise<void>;
  /** Sends the browser to sign out; answers where it comes to. */
  signOut(url: URL): Promise<URL>;
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function discovered(provider: Provider, id: string, authentication: client.ClientAuth) {
  const config = await client.discovery(new URL(provider.issuer), id, undefined, authentication, {
    execute: [client.allowInsecureRequests],
  });
  return config;
}

/** Everything, in the order of a client's life. */
export async function drive(provider: Provider): Promise<void> {
  const { web } = provider;
  const config = await discovered(provider, web.id, client.ClientSecretBasic(web.secret));
  const post = await discovered(provider, web.id, client.ClientSecretPost(web.secret));
  expect(config.serverMetadata().authorization_response_iss_parameter_supported).toBe(true);
  expect(config.serverMetadata().code_challenge_methods_supported).toEqual(["S256"]);

  const begin = async (extra: Record<string, string> = {}) => {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const parameters = {
      redirect_uri: provider.callback,
      scope: `openid email offline_access ${provider.scope}`.trim(),
      prompt: "consent",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...extra,
    };
    return { parameters, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } };
  };

  // Code, PKCE, iss, ID token; openid-client checks each of them.
  const first = await begin();
  const back = await provider.agree(client.buildAuthorizationUrl(config, first.parameters));
  expect(back.searchParams.get("iss")).toBe(provider.issuer);
  const tokens = await client.authorizationCodeGrant(config, back, first.checks);
  const claims = tokens.claims();
  expect(claims?.sub).toBeTruthy();
  expect(tokens.token_type).toBe("bearer");
  const info = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? "");
  expect(info.email).toContain("@");

  // A code counts once, and what came of it ends with the second try.
  const replayed = client.authorizationCodeGrant(config, back, first.checks);
  await expect(replayed).rejects.toMatchObject({ error: "invalid_grant" });
  await expect(client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? "")).rejects.toBeTruthy();

  // Pushed, refreshed with rotation, looked at and revoked.
  const second = await begin();
  const pushed = await client.buildAuthorizationUrlWithPAR(post, second.parameters);
  expect(pushed.searchParams.get("request_uri")).toMatch(/^urn:ietf:params:oauth:request_uri:/);
  const granted = await client.authorizationCodeGrant(post, await provider.agree(pushed), second.checks);
  const refreshed = await client.refreshTokenGrant(post, granted.refresh_token ?? "");
  expect(refreshed.refresh_token).not.toBe(granted.refresh_token);
  const told = await client.tokenIntrospection(post, refreshed.access_token);
  expect(told).toMatchObject({ active: true, client_id: web.id, sub: claims?.sub });
  await client.tokenRevocation(post, refreshed.access_token);
  expect((await client.tokenIntrospection(post, refreshed.access_token)).active).toBe(false);
  await client.tokenRevocation(post, refreshed.refresh_token ?? "");
  const dead = client.refreshTokenGrant(post, refreshed.refresh_token ?? "");
  await expect(dead).rejects.toMatchObject({ error: "invalid_grant" });

  // Bound to a key: the handle takes up the nonce that the provider asks for.
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const third = await begin();
  const boundBack = await provider.agree(
    await client.buildAuthorizationUrlWithPAR(config, third.parameters, { DPoP }),
  );
  const bound = await client.authorizationCodeGrant(config, boundBack, third.checks, undefined, { DPoP });
  expect(bound.token_type).toBe("dpop");
  await client.fetchUserInfo(config, bound.access_token, claims?.sub ?? "", { DPoP });
  await expect(client.fetchUserInfo(config, bound.access_token, claims?.sub ?? "")).rejects.toBeTruthy();
  const next = await client.refreshTokenGrant(config, bound.refresh_token ?? "", undefined, { DPoP });
  expect(next.token_type).toBe("dpop");
  const stranger = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
  const stolen = client.fetchUserInfo(config, next.access_token, claims?.sub ?? "", { DPoP: stranger });
  await expect(stolen).rejects.toBeTruthy();

  // For itself, without a person.
  const own = await client.clientCredentialsGrant(config, provider.scope ? { scope: provider.scope } : {});
  const ownTold = await client.tokenIntrospection(config, own.access_token);
  expect(ownTold.active).toBe(true);
  expect(ownTold.sub ?? web.id).toBe(web.id);

  // A device without a browser.
  const box = await discovered(provider, provider.device, client.None());
  const begun = await client.initiateDeviceAuthorization(box, { scope: "openid offline_access" });
  const polling = client.pollDeviceAuthorizationGrant(box, begun);
  await pause(1);
  await provider.agreeToDevice(begun.user_code);
  const onDevice = await polling;
  expect(onDevice.claims()?.sub).toBe(claims?.sub);

  // Out again.
  const goodbye = client.buildEndSessionUrl(config, {
    post_logout_redirect_uri: provider.afterLogout,
    id_token_hint: granted.id_token ?? "",
    state: "bye",
  });
  const left = await provider.signOut(goodbye);
  expect(left.href).toBe(`${provider.afterLogout}?state=bye`);
}
