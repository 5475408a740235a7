/** Names for the shapes of the API, taken from its operations so that they follow openapi.json. */
import type { components, paths } from "./schema";

type Json<R> = R extends { content: { "application/json": infer B } } ? B : never;
type Answer<O> = O extends { responses: infer R }
  ? Json<R extends { 200: infer A } ? A : R extends { 201: infer A } ? A : never>
  : never;
type Body<O> = O extends { requestBody?: infer R } ? Json<NonNullable<R>> : never;
type Get<P extends keyof paths> = Answer<paths[P]["get"]>;
type Item<L> = L extends { items: (infer I)[] } ? I : never;

export type Session = Get<"/api/v1/session">;
export type User = Get<"/api/v1/me">;
export type Tenant = Get<"/api/v1/tenant">;
export type SessionRow = Item<Get<"/api/v1/sessions">>;
export type AccessToken = Item<Get<"/api/v1/access-tokens">>;
export type IssuedToken = Answer<paths["/api/v1/access-tokens"]["post"]>;
export type NewAccessToken = Body<paths["/api/v1/access-tokens"]["post"]>;
export type SecondFactors = Get<"/api/v1/me/second-factors">;
export type Passkey = SecondFactors["passkeys"][number];
export type PasskeyOptions = Answer<paths["/api/v1/sessions/passkey/options"]["post"]>;
export type TotpEnrolment = Answer<paths["/api/v1/me/totp"]["post"]>;
export type SecondFactorDue = components["schemas"]["SecondFactorDue"];
export type Proof = Body<paths["/api/v1/session/verification"]["post"]>;
/** Ways to show a factor. */
export type Way = Proof["method"];
export type Member = Get<"/api/v1/members/{user_id}">;
export type Role = Item<Get<"/api/v1/roles">>;
export type RoleInput = Body<paths["/api/v1/roles"]["post"]>;
export type Permission = Item<Get<"/api/v1/permissions">>;
export type Grant = Session["permissions"][number];
export type EffectivePermission = Item<Get<"/api/v1/members/{user_id}/permissions">>;
export type Invitation = Item<Get<"/api/v1/invitations">>;
export type InvitationLookup = Answer<paths["/api/v1/invitation-lookups"]["post"]>;
export type AuditEvent = Item<Get<"/api/v1/audit-events">>;
export type FailedJob = Item<Get<"/api/v1/failed-jobs">>;
export type JobBatch = Item<Get<"/api/v1/job-batches">>;
export type Mail = Item<Get<"/api/v1/mails">>;
export type MailDetail = Get<"/api/v1/mails/{id}">;
export type MailSettings = Get<"/api/v1/mail-settings">;
export type MailSettingsInput = Body<paths["/api/v1/mail-settings"]["put"]>;
export type CurrentPolicy = Get<"/api/v1/tenant/security-policy">;
export type SecurityPolicy = CurrentPolicy["policy"];
export type Simulation = Answer<paths["/api/v1/tenant/security-policy/simulations"]["post"]>;
export type Home = Get<"/api/v1/home">;
export type SearchResults = Get<"/api/v1/search">;
export type Organizer = Get<"/api/v1/organizer">;
export type OrganizerInput = Body<paths["/api/v1/organizer"]["put"]>;
export type EventType = Get<"/api/v1/event-types/{id}">;
export type NewEventType = Body<paths["/api/v1/event-types"]["post"]>;
export type EventTypeChanges = Body<paths["/api/v1/event-types/{id}"]["patch"]>;
export type Schedule = Get<"/api/v1/schedules/{id}">;
export type ScheduleInput = Body<paths["/api/v1/schedules"]["post"]>;
export type Rule = Schedule["rules"][number];
export type DateOverride = Schedule["overrides"][number];
export type Day = Rule["day"];
export type Slot = Get<"/api/v1/event-types/{id}/slots">["slots"][number];
export type Booking = Get<"/api/v1/bookings/{id}">;
export type NewBooking = Body<paths["/api/v1/bookings"]["post"]>;
export type HistoryEntry = Item<Get<"/api/v1/bookings/{id}/history">>;
export type Contact = Get<"/api/v1/contacts/{id}">;
export type NewContact = Body<paths["/api/v1/contacts"]["post"]>;
export type ContactChanges = Body<paths["/api/v1/contacts/{id}"]["patch"]>;
export type UserChanges = Body<paths["/api/v1/me"]["patch"]>;
export type TenantChanges = Body<paths["/api/v1/tenant"]["patch"]>;
