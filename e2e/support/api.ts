/** The API as the tests use it: to prepare what a test is not about, and to look at what happened. */
import { type APIRequestContext, type BrowserContext, expect, request } from "@playwright/test";
import { type Account, ADMINISTRATOR } from "./instance";
import { address } from "./settings";

export interface Mail {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  raw: string;
  attachments: { filename: string; content_type: string; size: number }[];
}

export interface Slot {
  start: string;
  end: string;
}

export interface EventType {
  id: string;
  name: string;
  slug: string;
  public_url: string;
}

/** A client without a session, which says where it comes from as a browser would. */
export function visitor(): Promise<APIRequestContext> {
  return request.newContext({ baseURL: address(), extraHTTPHeaders: { Origin: address() } });
}

export async function signedIn(account: Account): Promise<APIRequestContext> {
  const api = await visitor();
  await answer(api.post("/api/v1/sessions", { data: account }), 201);
  return api;
}

/** Gives a browser the session of a client. */
export async function lend(api: APIRequestContext, context: BrowserContext): Promise<void> {
  await context.addCookies((await api.storageState()).cookies);
}

/** The body of an answer that has the expected status. */
export async function answer<T>(call: ReturnType<APIRequestContext["get"]>, status = 200): Promise<T> {
  const response = await call;
  const text = await response.text();
  expect(response.status(), `${response.url()}: ${text}`).toBe(status);
  return (text === "" ? null : JSON.parse(text)) as T;
}

let admin: Promise<APIRequestContext> | undefined;

/** The newest mail to the address whose subject or text fits, as soon as there is one. */
export async function mailTo(email: string, fits: (mail: Mail) => boolean = () => true): Promise<Mail> {
  admin ??= signedIn(ADMINISTRATOR);
  const api = await admin;
  let found: Mail | undefined;
  await expect
    .poll(
      async () => {
        const { items } = await answer<{ items: { id: string }[] }>(
          api.get("/api/v1/mails", { params: { q: email, limit: 50 } }),
        );
        for (const { id } of items) {
          const mail = await answer<Mail>(api.get(`/api/v1/mails/${id}`));
          if (mail.to === email && fits(mail)) {
            found = mail;
            return true;
          }
        }
        return false;
      },
      { message: `a mail to ${email}`, timeout: 20_000 },
    )
    .toBe(true);
  if (!found) throw new Error("unreachable");
  return found;
}

/** The first address in the mail's plain text whose path begins so. */
export function linkIn(mail: Mail, path: string): string {
  const link = mail.text.match(/https?:\/\/\S+/g)?.find((url) => new URL(url).pathname.startsWith(path));
  if (!link) throw new Error(`no link to ${path} in: ${mail.text}`);
  return link;
}

/** The calendar file of a mail, unfolded (RFC 5545, section 3.1), as it stands in the message; "" without one. */
export function calendarOf(mail: Mail): string {
  // Each part is its boundary's line, header lines, an empty line and the body (RFC 2046, section 5.1).
  for (const part of mail.raw.split(/\r?\n--/)) {
    const [headers = "", ...rest] = part.split(/\r?\n\r?\n/);
    if (!/^Content-Type: text\/calendar/im.test(headers)) continue;
    const body = rest.join("\r\n\r\n");
    const encoding = /^Content-Transfer-Encoding: (\S+)/im.exec(headers)?.[1]?.toLowerCase();
    const text =
      encoding === "base64"
        ? Buffer.from(body, "base64").toString("utf8")
        : encoding === "quoted-printable"
          ? quotedPrintable(body)
          : body;
    return text.replace(/\r?\n[ \t]/g, "");
  }
  return "";
}

function quotedPrintable(body: string): string {
  const bytes = body
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** The value of a property of a calendar file. */
export function property(calendar: string, name: string): string | undefined {
  return new RegExp(`^${name}(?:;[^:]*)?:(.*?)\\r?$`, "m").exec(calendar)?.[1];
}

/** Free times of the event in the week that begins the day after tomorrow. */
export async function slots(api: APIRequestContext, event: EventType): Promise<Slot[]> {
  const from = new Date(Date.now() + 2 * 86_400_000);
  const to = new Date(from.getTime() + 7 * 86_400_000);
  const found = await answer<{ slots: Slot[] }>(
    api.get(`/api/v1/event-types/${event.id}/slots`, {
      params: { from: from.toISOString(), to: to.toISOString() },
    }),
  );
  return found.slots;
}
