/** The form for a mail server, to and from what the API knows. */
import type { MailSettings, MailSettingsInput } from "@/api/types";

export const SECURITIES = ["tls", "starttls", "none"] as const;

/** The ports that servers listen on by convention (RFC 8314, RFC 6409). */
const USUAL_PORTS: Record<string, number> = { tls: 465, starttls: 587, none: 25 };

export interface MailServer {
  host: string;
  port: number | string;
  security: string;
  username: string;
  password: string;
  from_address: string;
  from_name: string;
}

/** The form's values; the password, which is never shown, is empty. */
export function mailServerOf(settings: MailSettings | null, tenantName: string): MailServer {
  return {
    host: settings?.host ?? "",
    port: settings?.port ?? 465,
    security: settings?.security ?? "tls",
    username: settings?.username ?? "",
    password: "",
    from_address: settings?.from_address ?? "",
    from_name: settings?.from_name ?? tenantName,
  };
}

/** The port after another choice of encryption: the usual one, unless somebody chose a port of his or her own. */
export function portFor(security: string, before: Pick<MailServer, "port" | "security">): number | string {
  return before.port === USUAL_PORTS[before.security] ? (USUAL_PORTS[security] ?? before.port) : before.port;
}

/** What is sent: an empty password leaves the stored one, and no user name replaces it by an empty one. */
export function mailServerInput(values: MailServer, stored: MailSettings | null): MailSettingsInput {
  const username = values.username.trim();
  const kept = username ? values.password : "";
  const forgets = !username && (stored?.has_password ?? false);
  return {
    host: values.host.trim(),
    port: Number(values.port),
    security: values.security,
    username: username || null,
    ...(kept !== "" || forgets ? { password: kept } : {}),
    from_address: values.from_address.trim(),
    from_name: values.from_name.trim(),
  };
}
