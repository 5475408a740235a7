/** All addresses of the workspace app. Each screen is loaded when it is first opened. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import type { Session } from "@/api/types";
import { GROUPS } from "@/modules/messaging/preferences";
import { landing } from "./access";
import { NotFound, RouteError } from "./ErrorPages";
import * as read from "./search";
import { sessionQuery } from "./session";

interface RouterContext {
  queryClient: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});

// Visitors.

const afterSignIn = read.optional((raw) => ({
  next: read.path(raw, "next"),
  reset: read.flag(raw, "reset"),
}));
const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: afterSignIn,
  beforeLoad: async ({ context, search }) => {
    const session = await context.queryClient.ensureQueryData(sessionQuery).catch(() => null);
    // Who came by the company's provider alone may want to sign in with his or her own.
    if (session && !session.is_confined) throw redirect({ href: search.next ?? "/" });
  },
  component: lazyRouteComponent(() => import("@/modules/identity/SignIn"), "SignIn"),
});
const fromProvider = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/from/$provider",
  validateSearch: read.optional((raw) => ({
    code: read.text(raw, "code", 4096),
    state: read.text(raw, "state", 200),
    iss: read.text(raw, "iss", 500),
  })),
  component: lazyRouteComponent(() => import("@/modules/identity/FromProvider"), "FromProvider"),
});
const findCompany = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/company",
  component: lazyRouteComponent(() => import("@/modules/identity/CompanySignIn"), "FindCompany"),
});
const workspaceSignIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/at/$slug",
  component: lazyRouteComponent(() => import("@/modules/identity/CompanySignIn"), "WorkspaceSignIn"),
});
const askMailLink = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/mail",
  component: lazyRouteComponent(() => import("@/modules/identity/MailLink"), "AskMailLink"),
});
const openMailLink = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/link",
  component: lazyRouteComponent(() => import("@/modules/identity/MailLink"), "OpenMailLink"),
});
const signUp = createRoute({
  getParentRoute: () => root,
  path: "/sign-up",
  component: lazyRouteComponent(() => import("@/modules/identity/SignUp"), "SignUp"),
});
const withToken = read.optional((raw) => ({ token: read.text(raw, "token", 500) }));
const verifyEmail = createRoute({
  getParentRoute: () => root,
  path: "/verify-email",
  validateSearch: withToken,
  component: lazyRouteComponent(() => import("@/modules/identity/VerifyEmail"), "VerifyEmail"),
});
const confirmEmail = createRoute({
  getParentRoute: () => root,
  path: "/confirm-email",
  validateSearch: withToken,
  component: lazyRouteComponent(() => import("@/modules/identity/AccountLinks"), "ConfirmEmail"),
});
const restoreAccount = createRoute({
  getParentRoute: () => root,
  path: "/restore-account",
  validateSearch: withToken,
  component: lazyRouteComponent(() => import("@/modules/identity/AccountLinks"), "RestoreAccount"),
});
const forgotPassword = createRoute({
  getParentRoute: () => root,
  path: "/forgot-password",
  component: lazyRouteComponent(() => import("@/modules/identity/ForgotPassword"), "ForgotPassword"),
});
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: "/reset-password",
  validateSearch: withToken,
  component: lazyRouteComponent(() => import("@/modules/identity/ResetPassword"), "ResetPassword"),
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("@/modules/identity/AcceptInvitation"), "AcceptInvitation"),
});

// Apps that ask to act for somebody.

/** Served by the program: where a sign-in leads here, the browser has to ask it. */
const oauthContinue = createRoute({
  getParentRoute: () => root,
  path: "/oauth/continue/$handle",
  beforeLoad: ({ location }) => {
    window.location.assign(location.href);
    // What comes next is another page.
    return new Promise<never>(() => {});
  },
});
export const REFUSALS = ["address", "client", "expired", "request"] as const;
const oauthRefused = createRoute({
  getParentRoute: () => root,
  path: "/oauth/refused",
  validateSearch: read.optional((raw) => ({ reason: read.oneOf(raw, "reason", REFUSALS) })),
  component: lazyRouteComponent(() => import("@/modules/identity/oauth/Refused"), "Refused"),
});
const withRequest = read.optional((raw) => ({ request: read.text(raw, "request", 100) }));
const oauthConsent = createRoute({
  getParentRoute: () => root,
  path: "/oauth/consent",
  validateSearch: withRequest,
  beforeLoad: ({ context, location }) => requireSession(context.queryClient, location.href),
  component: lazyRouteComponent(() => import("@/modules/identity/oauth/Consent"), "Consent"),
});
const oauthSignOut = createRoute({
  getParentRoute: () => root,
  path: "/oauth/sign-out",
  beforeLoad: ({ context }) => requireSession(context.queryClient, "/"),
  component: lazyRouteComponent(() => import("@/modules/identity/oauth/SignOutAsked"), "SignOutAsked"),
});
const withCode = read.optional((raw) => ({ code: read.text(raw, "code", 20) }));
const device = createRoute({
  getParentRoute: () => root,
  path: "/device",
  validateSearch: withCode,
  beforeLoad: ({ context, location }) => requireSession(context.queryClient, location.href),
  component: lazyRouteComponent(() => import("@/modules/identity/oauth/Device"), "Device"),
});

// Members.

async function requireSession(client: QueryClient, next: string): Promise<Session> {
  const session = await client.ensureQueryData(sessionQuery);
  if (!session) throw redirect({ to: "/sign-in", search: { next: next === "/" ? undefined : next } });
  return session;
}

const onboarding = createRoute({
  getParentRoute: () => root,
  path: "/onboarding",
  beforeLoad: ({ context, location }) => requireSession(context.queryClient, location.href),
  component: lazyRouteComponent(() => import("@/modules/scheduling/Onboarding"), "Onboarding"),
});

const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  beforeLoad: async ({ context, location }) => {
    const session = await requireSession(context.queryClient, location.href);
    const start = landing(session);
    if (start !== "/" && location.pathname === "/") throw redirect({ to: start });
  },
  component: lazyRouteComponent(() => import("./Frame"), "Frame"),
  errorComponent: RouteError,
});

const home = createRoute({
  getParentRoute: () => app,
  path: "/",
  component: lazyRouteComponent(() => import("@/modules/scheduling/Home"), "Home"),
});

export const BOOKING_VIEWS = ["upcoming", "pending", "past", "cancelled"] as const;
const bookings = createRoute({
  getParentRoute: () => app,
  path: "/bookings",
  validateSearch: read.optional((raw) => ({
    view: read.oneOf(raw, "view", BOOKING_VIEWS),
    q: read.text(raw, "q"),
    from: read.date(raw, "from"),
    to: read.date(raw, "to"),
    organizer: read.text(raw, "organizer"),
    open: read.text(raw, "open"),
    layout: read.oneOf(raw, "layout", ["week"]),
    week: read.date(raw, "week"),
    create: read.flag(raw, "create"),
  })),
  component: lazyRouteComponent(() => import("@/modules/scheduling/Bookings"), "Bookings"),
});
const booking = createRoute({
  getParentRoute: () => app,
  path: "/bookings/$id",
  component: lazyRouteComponent(() => import("@/modules/scheduling/BookingPage"), "BookingPage"),
});
const eventTypes = createRoute({
  getParentRoute: () => app,
  path: "/event-types",
  validateSearch: read.optional((raw) => ({
    create: read.flag(raw, "create"),
    archived: read.flag(raw, "archived"),
  })),
  component: lazyRouteComponent(() => import("@/modules/scheduling/EventTypes"), "EventTypes"),
});
const eventType = createRoute({
  getParentRoute: () => app,
  path: "/event-types/$id",
  component: lazyRouteComponent(() => import("@/modules/scheduling/EventTypePage"), "EventTypePage"),
});
const availability = createRoute({
  getParentRoute: () => app,
  path: "/availability",
  validateSearch: read.optional((raw) => ({ schedule: read.text(raw, "schedule") })),
  component: lazyRouteComponent(() => import("@/modules/scheduling/Availability"), "Availability"),
});

export const CONTACT_SORTS = ["name", "-created_at", "-last_booking_at"] as const;
export const LIFECYCLES = ["lead", "prospect", "customer", "inactive"] as const;
const contacts = createRoute({
  getParentRoute: () => app,
  path: "/contacts",
  validateSearch: read.optional((raw) => ({
    q: read.text(raw, "q"),
    lifecycle: read.oneOf(raw, "lifecycle", LIFECYCLES),
    sort: read.oneOf(raw, "sort", CONTACT_SORTS),
    open: read.text(raw, "open"),
    create: read.flag(raw, "create"),
  })),
  component: lazyRouteComponent(() => import("@/modules/contacts/Contacts"), "Contacts"),
});
const contact = createRoute({
  getParentRoute: () => app,
  path: "/contacts/$id",
  component: lazyRouteComponent(() => import("@/modules/contacts/ContactPage"), "ContactPage"),
});

const workflows = createRoute({
  getParentRoute: () => app,
  path: "/workflows",
  validateSearch: read.optional((raw) => ({ create: read.flag(raw, "create") })),
  component: lazyRouteComponent(() => import("@/modules/automation/workflows/Workflows"), "Workflows"),
});
const workflow = createRoute({
  getParentRoute: () => app,
  path: "/workflows/$id",
  validateSearch: read.optional((raw) => ({ history: read.flag(raw, "history") })),
  component: lazyRouteComponent(() => import("@/modules/automation/workflows/WorkflowPage"), "WorkflowPage"),
});

const members = createRoute({
  getParentRoute: () => app,
  path: "/members",
  validateSearch: read.optional((raw) => ({
    q: read.text(raw, "q"),
    status: read.oneOf(raw, "status", ["active", "inactive", "suspended"]),
    open: read.text(raw, "open"),
  })),
  component: lazyRouteComponent(() => import("@/modules/identity/Members"), "Members"),
});
const member = createRoute({
  getParentRoute: () => app,
  path: "/members/$id",
  component: lazyRouteComponent(() => import("@/modules/identity/MemberPage"), "MemberPage"),
});
const invitations = createRoute({
  getParentRoute: () => app,
  path: "/members/invitations",
  validateSearch: read.optional((raw) => ({
    status: read.oneOf(raw, "status", ["pending", "accepted", "declined", "revoked", "expired"]),
    create: read.flag(raw, "create"),
  })),
  component: lazyRouteComponent(() => import("@/modules/identity/Invitations"), "Invitations"),
});
const roles = createRoute({
  getParentRoute: () => app,
  path: "/roles",
  component: lazyRouteComponent(() => import("@/modules/identity/Roles"), "Roles"),
});
const role = createRoute({
  getParentRoute: () => app,
  path: "/roles/$id",
  component: lazyRouteComponent(() => import("@/modules/identity/RolePage"), "RolePage"),
});
const newRole = createRoute({
  getParentRoute: () => app,
  path: "/roles/new",
  validateSearch: read.optional((raw) => ({ parent: read.text(raw, "parent") })),
  component: lazyRouteComponent(() => import("@/modules/identity/RolePage"), "NewRole"),
});

const settings = createRoute({
  getParentRoute: () => app,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/modules/identity/SettingsFrame"), "SettingsFrame"),
});
const settingsIndex = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile", replace: true });
  },
});
const settingsProfile = createRoute({
  getParentRoute: () => settings,
  path: "/profile",
  component: lazyRouteComponent(() => import("@/modules/identity/ProfileSettings"), "ProfileSettings"),
});
const settingsSecurity = createRoute({
  getParentRoute: () => settings,
  path: "/security",
  validateSearch: read.optional((raw) => ({ create: read.flag(raw, "create") })),
  component: lazyRouteComponent(() => import("@/modules/identity/SecuritySettings"), "SecuritySettings"),
});
const settingsPrivacy = createRoute({
  getParentRoute: () => settings,
  path: "/privacy",
  component: lazyRouteComponent(() => import("@/modules/identity/PrivacySettings"), "PrivacySettings"),
});
const settingsNotifications = createRoute({
  getParentRoute: () => settings,
  path: "/notifications",
  component: lazyRouteComponent(
    () => import("@/modules/messaging/NotificationSettings"),
    "NotificationSettings",
  ),
});
const settingsWorkspace = createRoute({
  getParentRoute: () => settings,
  path: "/workspace",
  component: lazyRouteComponent(() => import("@/modules/identity/WorkspaceSettings"), "WorkspaceSettings"),
});
const settingsBookingPage = createRoute({
  getParentRoute: () => settings,
  path: "/booking-page",
  component: lazyRouteComponent(
    () => import("@/modules/scheduling/BookingPageSettings"),
    "BookingPageSettings",
  ),
});
const settingsDomains = createRoute({
  getParentRoute: () => settings,
  path: "/domains",
  component: lazyRouteComponent(() => import("@/modules/identity/DomainSettings"), "DomainSettings"),
});
const settingsRoles = createRoute({
  getParentRoute: () => settings,
  path: "/roles",
  component: lazyRouteComponent(() => import("@/modules/identity/RoleList"), "RoleList"),
});
const settingsPolicy = createRoute({
  getParentRoute: () => settings,
  path: "/policy",
  component: lazyRouteComponent(() => import("@/modules/identity/PolicySettings"), "PolicySettings"),
});
const settingsRetention = createRoute({
  getParentRoute: () => settings,
  path: "/retention",
  component: lazyRouteComponent(() => import("@/modules/platform/RetentionSettings"), "RetentionSettings"),
});
const settingsSignIn = createRoute({
  getParentRoute: () => settings,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("@/modules/identity/CompanySettings"), "CompanySettings"),
});
const settingsMail = createRoute({
  getParentRoute: () => settings,
  path: "/mail",
  component: lazyRouteComponent(() => import("@/modules/platform/MailSettings"), "MailSettings"),
});
const settingsApps = createRoute({
  getParentRoute: () => settings,
  path: "/apps",
  component: lazyRouteComponent(() => import("@/modules/identity/oauth/Apps"), "Apps"),
});
const settingsMessages = createRoute({
  getParentRoute: () => settings,
  path: "/messages",
  component: lazyRouteComponent(() => import("@/modules/messaging/Messages"), "Messages"),
});
const settingsWebhooks = createRoute({
  getParentRoute: () => settings,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("@/modules/automation/Webhooks"), "Webhooks"),
});
const settingsWebhook = createRoute({
  getParentRoute: () => settings,
  path: "/webhooks/$id",
  component: lazyRouteComponent(() => import("@/modules/automation/WebhookPage"), "WebhookPage"),
});
const settingsSupport = createRoute({
  getParentRoute: () => settings,
  path: "/support",
  component: lazyRouteComponent(() => import("@/modules/identity/SupportSettings"), "SupportSettings"),
});

const notifications = createRoute({
  getParentRoute: () => app,
  path: "/notifications",
  validateSearch: read.optional((raw) => ({
    unread: read.flag(raw, "unread"),
    group: read.oneOf(raw, "group", GROUPS),
  })),
  component: lazyRouteComponent(() => import("@/modules/messaging/Notifications"), "Notifications"),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  validateSearch: read.optional((raw) => ({
    entity_type: read.text(raw, "entity_type"),
    entity_id: read.text(raw, "entity_id"),
    actor_id: read.text(raw, "actor_id"),
    action: read.text(raw, "action"),
    address: read.text(raw, "address"),
    q: read.text(raw, "q", 100),
    from: read.date(raw, "from"),
    to: read.date(raw, "to"),
  })),
  component: lazyRouteComponent(() => import("@/modules/platform/Audit"), "Audit"),
});
const securityEvents = createRoute({
  getParentRoute: () => app,
  path: "/audit/security",
  validateSearch: read.optional((raw) => ({
    severity: read.oneOf(raw, "severity", ["low", "medium", "high", "critical"]),
    user_id: read.text(raw, "user_id"),
  })),
  component: lazyRouteComponent(() => import("@/modules/platform/SecurityEvents"), "SecurityEvents"),
});
const memberSignIns = createRoute({
  getParentRoute: () => app,
  path: "/audit/sign-ins",
  validateSearch: read.optional((raw) => ({
    outcome: read.oneOf(raw, "outcome", ["success", "entered", "failed", "refused"]),
    user_id: read.text(raw, "user_id"),
  })),
  component: lazyRouteComponent(() => import("@/modules/identity/MemberSignIns"), "MemberSignIns"),
});
const auditChain = createRoute({
  getParentRoute: () => app,
  path: "/audit/chain",
  component: lazyRouteComponent(() => import("@/modules/platform/AuditChain"), "AuditChain"),
});
const failedJobs = createRoute({
  getParentRoute: () => app,
  path: "/failed-jobs",
  component: lazyRouteComponent(() => import("@/modules/platform/FailedJobs"), "FailedJobs"),
});
const mailbox = createRoute({
  getParentRoute: () => app,
  path: "/mailbox",
  validateSearch: read.optional((raw) => ({ q: read.text(raw, "q") })),
  component: lazyRouteComponent(() => import("@/modules/platform/Mailbox"), "Mailbox"),
});
const mail = createRoute({
  getParentRoute: () => app,
  path: "/mailbox/$id",
  component: lazyRouteComponent(() => import("@/modules/platform/MailPage"), "MailPage"),
});

export const TENANT_STATUSES = ["active", "inactive", "suspended", "pending_deletion", "deleted"] as const;
const instance = createRoute({
  getParentRoute: () => app,
  path: "/instance",
  component: lazyRouteComponent(() => import("@/modules/instance/InstanceFrame"), "InstanceFrame"),
});
const instanceTenants = createRoute({
  getParentRoute: () => instance,
  path: "/tenants",
  validateSearch: read.optional((raw) => ({
    q: read.text(raw, "q"),
    status: read.oneOf(raw, "status", TENANT_STATUSES),
  })),
  component: lazyRouteComponent(() => import("@/modules/instance/Tenants"), "Tenants"),
});
const instancePlans = createRoute({
  getParentRoute: () => instance,
  path: "/plans",
  component: lazyRouteComponent(() => import("@/modules/instance/Plans"), "Plans"),
});
const instanceTenant = createRoute({
  getParentRoute: () => app,
  path: "/instance/tenants/$id",
  component: lazyRouteComponent(() => import("@/modules/instance/TenantPage"), "TenantPage"),
});
const instanceUsers = createRoute({
  getParentRoute: () => instance,
  path: "/users",
  validateSearch: read.optional((raw) => ({ email: read.text(raw, "email") })),
  component: lazyRouteComponent(() => import("@/modules/instance/Users"), "Users"),
});
const instanceSignIns = createRoute({
  getParentRoute: () => instance,
  path: "/sign-ins",
  validateSearch: read.optional((raw) => ({
    email: read.text(raw, "email"),
    ip_address: read.text(raw, "ip_address"),
  })),
  component: lazyRouteComponent(() => import("@/modules/instance/UnknownSignIns"), "UnknownSignIns"),
});
const instanceHealth = createRoute({
  getParentRoute: () => instance,
  path: "/health",
  component: lazyRouteComponent(() => import("@/modules/instance/Health"), "Health"),
});
const instanceErasures = createRoute({
  getParentRoute: () => instance,
  path: "/erasures",
  component: lazyRouteComponent(() => import("@/modules/instance/Erasures"), "Erasures"),
});

const tree = root.addChildren([
  signIn,
  fromProvider,
  findCompany,
  workspaceSignIn,
  askMailLink,
  openMailLink,
  signUp,
  verifyEmail,
  confirmEmail,
  restoreAccount,
  forgotPassword,
  resetPassword,
  invitation,
  oauthContinue,
  oauthRefused,
  oauthConsent,
  oauthSignOut,
  device,
  onboarding,
  app.addChildren([
    home,
    bookings,
    booking,
    eventTypes,
    eventType,
    availability,
    contacts,
    contact,
    workflows,
    workflow,
    members,
    member,
    invitations,
    roles,
    role,
    newRole,
    settings.addChildren([
      settingsIndex,
      settingsProfile,
      settingsSecurity,
      settingsPrivacy,
      settingsNotifications,
      settingsWorkspace,
      settingsBookingPage,
      settingsDomains,
      settingsRoles,
      settingsPolicy,
      settingsRetention,
      settingsSignIn,
      settingsMail,
      settingsApps,
      settingsMessages,
      settingsWebhooks,
      settingsWebhook,
      settingsSupport,
    ]),
    notifications,
    audit,
    securityEvents,
    memberSignIns,
    auditChain,
    failedJobs,
    mailbox,
    mail,
    instance.addChildren([
      instanceTenants,
      instanceUsers,
      instancePlans,
      instanceSignIns,
      instanceHealth,
      instanceErasures,
    ]),
    instanceTenant,
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
