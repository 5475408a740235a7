/** Passkeys of this browser (WebAuthn Level 3): made, asked to sign, and told what the server still knows. */
import {
  type AuthenticationResponseJSON,
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  sendSignal,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
  WebAuthnError,
} from "@simplewebauthn/browser";
import { Problem } from "@/api/problem";
import type { Passkey, PasskeyOptions } from "@/api/types";

/** An answer of the browser, as the API takes it. */
type Answer = Record<string, never>;

/** Whether passkeys can be used here. No authenticator signs for an address without a name. */
export function hasPasskeys(): boolean {
  return browserSupportsWebAuthn() && !/^[\d.]+$|:/.test(location.hostname);
}

/** What the browser refused, as a Problem with words of ours. */
function refused(error: unknown): Problem {
  const { code, name } =
    error instanceof WebAuthnError ? error : { code: "", name: (error as Error | null)?.name };
  if (code === "ERROR_CEREMONY_ABORTED") return new Problem(0, { code: "passkey_aborted" });
  if (code === "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED") return new Problem(0, { code: "passkey_known" });
  // Cancelled, run out of time, or nothing to offer: the browser does not tell which.
  if (name === "NotAllowedError" || name === "AbortError")
    return new Problem(0, { code: "passkey_cancelled" });
  return new Problem(0, { code: "passkey_unsupported", title: String(error) });
}

/** Whether it ended because something else began, which is no news to the reader. */
export function isAborted(error: unknown): boolean {
  return error instanceof Problem && error.code === "passkey_aborted";
}

/** Has the device make a passkey. */
export async function makePasskey(options: PasskeyOptions): Promise<Answer> {
  const optionsJSON = options.public_key as unknown as PublicKeyCredentialCreationOptionsJSON;
  try {
    return (await startRegistration({ optionsJSON })) as unknown as Answer;
  } catch (error) {
    throw refused(error);
  }
}

async function sign(options: PasskeyOptions, useBrowserAutofill: boolean): Promise<Answer> {
  const optionsJSON = options.public_key as unknown as PublicKeyCredentialRequestOptionsJSON;
  try {
    return (await startAuthentication({ optionsJSON, useBrowserAutofill })) as unknown as Answer;
  } catch (error) {
    throw refused(error);
  }
}

/** Has a passkey sign, in the browser's own dialog. What waited for autofill ends with it. */
export function askPasskey(options: PasskeyOptions): Promise<Answer> {
  return sign(options, false);
}

/**
 * Offers passkeys among the suggestions of the field for the name, until one is chosen or it is ended.
 * `chosen` is called once at most.
 */
export function offerPasskeys(
  options: () => Promise<PasskeyOptions>,
  chosen: (options: PasskeyOptions, credential: Answer) => void,
): () => void {
  let over = false;
  let waiting = false;
  const wait = async () => {
    if (!hasPasskeys() || !(await browserSupportsWebAuthnAutofill()) || over) return;
    const offered = await options();
    if (over) return;
    waiting = true;
    const credential = await sign(offered, true).finally(() => {
      waiting = false;
    });
    if (!over) chosen(offered, credential);
  };
  // It is an offer: without it there are the password and the button.
  wait().catch(() => {});
  return () => {
    over = true;
    // Another ceremony may have taken its place, and that one is not ours to end.
    if (waiting) WebAuthnAbortService.cancelCeremony();
  };
}

/** Tells the browser that the server does not know the passkey, so that it is not offered again. */
export async function forgetPasskey(options: PasskeyOptions, credential: Answer): Promise<void> {
  const { rpId = location.hostname } = options.public_key as unknown as PublicKeyCredentialRequestOptionsJSON;
  const { id } = credential as unknown as AuthenticationResponseJSON;
  // Not every browser listens.
  await sendSignal({ signalName: "unknownCredential", rpID: rpId, credentialID: id }).catch(() => {});
}

/** Tells the browser which passkeys of the user still count, so that others are not offered. */
export async function tellPasskeys(userId: string, passkeys: readonly Passkey[]): Promise<void> {
  await sendSignal({
    signalName: "allAcceptedCredentials",
    rpID: location.hostname,
    userID: userHandle(userId),
    allAcceptedCredentialIDs: passkeys.map((passkey) => passkey.credential_id),
  }).catch(() => {});
}

/** The user as authenticators know him or her: the sixteen bytes of the id, base64url. */
export function userHandle(userId: string): string {
  const bytes = userId.replaceAll("-", "").match(/../g) ?? [];
  const text = String.fromCharCode(...bytes.map((hex) => Number.parseInt(hex, 16)));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
