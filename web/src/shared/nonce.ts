/** The nonce of this page's Content-Security-Policy; empty where the page has none, as in development. */
export function pageNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
}
