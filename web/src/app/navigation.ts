/** The modules of the rail: where they are and who sees them. */
import {
  type Icon,
  IconAddressBook,
  IconAlertHexagon,
  IconCalendarEvent,
  IconCalendarTime,
  IconClockHour4,
  IconHistory,
  IconHome,
  IconMailbox,
  IconRoute,
  IconServer,
  IconSettings,
  IconUsers,
} from "@tabler/icons-react";
import type { Session } from "@/api/types";
import type { Catalogue } from "@/i18n/en";
import { mayDo } from "./session";

export interface Module {
  key: keyof Catalogue["nav"];
  to: string;
  icon: Icon;
  /** Shown when the session holds it; always shown without one. */
  permission?: string;
  platformAdmin?: boolean;
  group: "work" | "team" | "system";
  /** Second key of the "g" shortcut. */
  shortcut?: string;
}

export const MODULES: readonly Module[] = [
  { key: "home", to: "/", icon: IconHome, group: "work", shortcut: "h" },
  {
    key: "bookings",
    to: "/bookings",
    icon: IconCalendarEvent,
    permission: "bookings:read",
    group: "work",
    shortcut: "b",
  },
  {
    key: "eventTypes",
    to: "/event-types",
    icon: IconCalendarTime,
    permission: "event_types:read",
    group: "work",
    shortcut: "e",
  },
  {
    key: "availability",
    to: "/availability",
    icon: IconClockHour4,
    permission: "schedules:read",
    group: "work",
    shortcut: "a",
  },
  {
    key: "contacts",
    to: "/contacts",
    icon: IconAddressBook,
    permission: "contacts:read",
    group: "work",
    shortcut: "c",
  },
  {
    key: "workflows",
    to: "/workflows",
    icon: IconRoute,
    permission: "workflows:read",
    group: "work",
    shortcut: "w",
  },
  {
    key: "members",
    to: "/members",
    icon: IconUsers,
    permission: "members:read",
    group: "team",
    shortcut: "m",
  },
  { key: "audit", to: "/audit", icon: IconHistory, permission: "audit:read", group: "system" },
  {
    key: "failedJobs",
    to: "/failed-jobs",
    icon: IconAlertHexagon,
    permission: "jobs:manage",
    group: "system",
  },
  { key: "mailbox", to: "/mailbox", icon: IconMailbox, platformAdmin: true, group: "system" },
  { key: "instance", to: "/instance/tenants", icon: IconServer, platformAdmin: true, group: "system" },
  { key: "settings", to: "/settings/profile", icon: IconSettings, group: "system", shortcut: "s" },
];

export interface SettingsPart {
  key:
    | "profile"
    | "security"
    | "privacy"
    | "notifications"
    | "bookingPage"
    | "workspace"
    | "policy"
    | "retention"
    | "signIn"
    | "roles"
    | "mail"
    | "apps"
    | "messages"
    | "webhooks"
    | "support"
    | "domains";
  to: string;
  permission?: string;
  /** About the person, who is not there in person while in a workspace for support. */
  personal?: boolean;
}

/** The parts of the settings, in the order of their tabs. */
const SETTINGS = [
  { key: "profile", to: "/settings/profile", personal: true },
  { key: "security", to: "/settings/security", personal: true },
  { key: "privacy", to: "/settings/privacy", personal: true },
  { key: "notifications", to: "/settings/notifications", personal: true },
  { key: "bookingPage", to: "/settings/booking-page", permission: "organizers:write" },
  { key: "domains", to: "/settings/domains", permission: "settings:manage" },
  { key: "workspace", to: "/settings/workspace", permission: "settings:read" },
  { key: "roles", to: "/settings/roles", permission: "roles:read" },
  { key: "policy", to: "/settings/policy", permission: "security:manage" },
  { key: "retention", to: "/settings/retention", permission: "privacy:manage" },
  { key: "signIn", to: "/settings/sign-in", permission: "security:manage" },
  { key: "mail", to: "/settings/mail", permission: "settings:manage" },
  { key: "messages", to: "/settings/messages", permission: "messages:read" },
  { key: "apps", to: "/settings/apps", permission: "oauth_clients:manage" },
  { key: "webhooks", to: "/settings/webhooks", permission: "webhooks:manage" },
  { key: "support", to: "/settings/support", permission: "support:manage" },
] as const satisfies readonly SettingsPart[];

export function settingsFor(session: Session) {
  return SETTINGS.filter((part) => {
    if ("personal" in part && session.lease) return false;
    // Who came by the company's provider alone has nothing of the person's own to see.
    if (session.is_confined && (part.key === "profile" || part.key === "privacy")) return false;
    return !("permission" in part) || mayDo(session, part.permission);
  });
}

export function modulesFor(session: Session): Module[] {
  return MODULES.flatMap((module) => {
    if (module.platformAdmin) return session.user.is_platform_admin && !session.lease ? [module] : [];
    if (module.key === "settings") {
      const [first] = settingsFor(session);
      return first ? [{ ...module, to: first.to }] : [];
    }
    return !module.permission || mayDo(session, module.permission) ? [module] : [];
  });
}
