/** Cached answers: their keys, what an event makes stale, and changes shown before the server agreed. */
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";

/** First element of each query key: the resource. */
export const keys = {
  session: "session",
  sessions: "sessions",
  signIns: "sign-ins",
  memberSignIns: "member-sign-ins",
  accountEvents: "account-events",
  companyProviders: "company-providers",
  companyIdentities: "company-identities",
  mailDomains: "mail-domains",
  secondFactors: "second-factors",
  identities: "identities",
  accessTokens: "access-tokens",
  memberAccessTokens: "member-access-tokens",
  oauthClients: "oauth-clients",
  instanceOauthClients: "instance-oauth-clients",
  oauthConsents: "oauth-consents",
  me: "me",
  tenant: "tenant",
  emailChange: "email-change",
  exports: "exports",
  consents: "consents",
  ownership: "ownership-offer",
  instance: "instance",
  home: "home",
  bookings: "bookings",
  history: "history",
  slots: "slots",
  contacts: "contacts",
  eventTypes: "event-types",
  schedules: "schedules",
  blockedTimes: "blocked-times",
  organizer: "organizer",
  members: "members",
  roles: "roles",
  invitations: "invitations",
  audit: "audit",
  auditChain: "audit-chain",
  auditExports: "audit-exports",
  auditArchives: "audit-archives",
  securityEvents: "security-events",
  failedJobs: "failed-jobs",
  batches: "job-batches",
  mails: "mails",
  mailSettings: "mail-settings",
  securityPolicy: "security-policy",
  retention: "retention-policy",
  notifications: "notifications",
  notificationPreferences: "notification-preferences",
  supportLeases: "support-leases",
  subscription: "subscription",
  domains: "custom-domains",
  webhooks: "webhook-endpoints",
  messages: "messages",
  messageTemplates: "message-templates",
  suppressions: "suppressions",
  smsSettings: "sms-settings",
  webhookDeliveries: "webhook-deliveries",
  workflows: "workflows",
  workflowExecutions: "workflow-executions",
  search: "search",
} as const;

const STALE_AFTER: Record<string, readonly string[]> = {
  booking: [keys.messages, keys.bookings, keys.history, keys.slots, keys.home, keys.contacts],
  contact: [keys.contacts, keys.home],
  event_type: [keys.eventTypes, keys.slots, keys.home],
  schedule: [keys.schedules, keys.slots, keys.home],
  blocked_time: [keys.blockedTimes, keys.slots],
  organizer: [keys.organizer, keys.slots],
  role: [keys.roles, keys.members, keys.session],
  member: [keys.members, keys.roles, keys.session, keys.ownership, keys.subscription],
  invitation: [keys.invitations, keys.members, keys.home],
  // The policy is versioned together with its workspace.
  tenant: [keys.tenant, keys.session, keys.securityPolicy],
  security_policy: [keys.securityPolicy, keys.tenant, keys.session],
  retention_policy: [keys.retention],
  user: [keys.me, keys.session, keys.members],
  session: [keys.sessions],
  job: [keys.failedJobs, keys.batches],
  mail: [keys.mails],
  notification: [keys.notifications],
  subscription: [keys.subscription, keys.tenant, keys.session],
  // Links of public pages follow the domain.
  custom_domain: [keys.domains, keys.subscription, keys.organizer, keys.eventTypes],
  webhook_endpoint: [keys.webhooks],
  workflow: [keys.workflows],
  audit_chain: [keys.auditChain, keys.securityEvents],
};

/** Query keys that an event such as `booking.cancelled` makes stale; the audit trail always is. */
export function keysOfEvent(kind: string): QueryKey[] {
  const prefix = kind.split(".", 1)[0] ?? "";
  return [...(STALE_AFTER[prefix] ?? []), keys.audit].map((key) => [key]);
}

interface Identified {
  id?: string | number;
  user_id?: string;
}

function isRecord(data: unknown, id: string | number): data is Identified {
  if (typeof data !== "object" || data === null) return false;
  const record = data as Identified;
  return record.id === id || (record.id === undefined && record.user_id === id);
}

/** The same data with one record changed, wherever it stands: alone, in a list, in loaded pages. `null` removes it from lists. */
export function mapRecord<T>(data: T, id: string | number, change: (record: never) => unknown): T {
  if (typeof data !== "object" || data === null) return data;
  if (isRecord(data, id)) return (change(data as never) ?? data) as T;
  if ("pages" in data) {
    const infinite = data as unknown as InfiniteData<unknown>;
    return { ...infinite, pages: infinite.pages.map((page) => mapRecord(page, id, change)) } as T;
  }
  if ("items" in data && Array.isArray(data.items)) {
    const items = data.items.flatMap((item) => {
      if (!isRecord(item, id)) return [item];
      const changed = change(item as never);
      return changed === null ? [] : [changed];
    });
    return { ...data, items } as T;
  }
  return data;
}

/** Applies a change to every cached copy of a record at once; the answer restores them all. */
export function patchCached(
  client: QueryClient,
  resource: string,
  id: string | number,
  change: (record: never) => unknown,
): () => void {
  const before = client.getQueriesData({ queryKey: [resource] });
  client.setQueriesData({ queryKey: [resource] }, (data: unknown) => mapRecord(data, id, change));
  return () => {
    for (const [key, data] of before) client.setQueryData(key, data);
  };
}
