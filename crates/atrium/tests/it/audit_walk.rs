//! Every operation that changes something, asked once with success: it leaves a line that says who did what, or stands
//! here with what keeps it in place of a line.

use std::cell::Cell;

use platform::audit::store::Which;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::client::{Answer, Client, Tenant, booking, new_user};
use crate::identity::authenticator::Authenticator;
use crate::identity::identities::company::Company;
use crate::identity::identities::workspace::code_to;
use crate::identity::identities::{begin, sign_up_with, unknown};
use crate::identity::passkeys::register;
use crate::identity::second_factors::{Phone, set_up};
use crate::identity::{PASSWORD, newest_token, oauth, passkey_of, platform_admin, put_picture, registration, sign_up, try_sign_in};
use crate::matrix::{blocked_time, failed_job, filled, fixtures, message, oauth_client, oauth_consent, operations, sign_in_provider};
use crate::messaging::choices;
use crate::world::World;

enum Kept {
    /// A line of the audit trail with this action.
    Line(&'static str),
    /// An event of the account, which belongs to no workspace.
    Account(&'static str),
    /// A line of the sign-ins.
    SignIn,
    /// Nothing, and why.
    Nothing(&'static str),
}

fn kept(operation: &str) -> Option<Kept> {
    use Kept::{Account, Line, Nothing, SignIn};
    Some(match operation {
        "POST /audit-exports" => Line("audit_export.created"),
        "POST /bookings" | "POST /public/organizers/{slug}/event-types/{event_slug}/bookings" => Line("booking.created"),
        "POST /bookings/{id}/cancellation" | "POST /public/bookings/{token}/cancellation" => Line("booking.cancelled"),
        "POST /bookings/{id}/confirmation" => Line("booking.confirmed"),
        "POST /bookings/{id}/refusal" => Line("booking.declined"),
        "POST /bookings/{id}/reschedulings" | "POST /public/bookings/{token}/reschedulings" => Line("booking.rescheduled"),
        "POST /bookings/{id}/restoration" => Line("booking.restored"),
        "PUT /bookings/{id}/no-show" => Line("booking.no_show"),
        "POST /blocked-times" => Line("blocked_time.created"),
        "PUT /blocked-times/{id}" => Line("blocked_time.updated"),
        "DELETE /blocked-times/{id}" => Line("blocked_time.deleted"),
        "DELETE /bookings/{id}/no-show" => Line("booking.attended"),
        "POST /bookings/{id}/reassignments" => Line("booking.reassigned"),
        "POST /contacts" => Line("contact.created"),
        "PATCH /contacts/{id}" => Line("contact.updated"),
        "DELETE /contacts/{id}" => Line("contact.archived"),
        "POST /email-verifications" => Line("tenant.created"),
        "POST /event-types" | "POST /event-types/{id}/copies" => Line("event_type.created"),
        "PUT /event-types/order" => Line("event_type.ordered"),
        "PATCH /event-types/{id}" => Line("event_type.updated"),
        "DELETE /event-types/{id}" => Line("event_type.archived"),
        "DELETE /failed-jobs/{id}" => Line("job.discarded"),
        "POST /failed-jobs/{id}/retries" => Line("job.retried"),
        "POST /files" => Line("file.created"),
        "DELETE /files/{id}" => Line("file.deleted"),
        "POST /invitations" => Line("invitation.created"),
        "POST /invitations/{id}/sendings" => Line("invitation.resent"),
        "DELETE /invitations/{id}" => Line("invitation.revoked"),
        "POST /invitation-acceptances" => Line("invitation.accepted"),
        "POST /invitation-refusals" => Line("invitation.declined"),
        "DELETE /job-batches/{id}" => Line("job_batch.cancelled"),
        "PUT /mail-settings" => Line("mail_settings.updated"),
        "DELETE /mail-settings" => Line("mail_settings.deleted"),
        "PATCH /me" | "PUT /me/avatar" | "DELETE /me/avatar" => Line("user.updated"),
        "PUT /tenant/logo" | "DELETE /tenant/logo" => Line("tenant.updated"),
        "POST /me/email-change" => Account("email_change_requested"),
        "DELETE /me/email-change" => Account("email_change_withdrawn"),
        "POST /email-confirmations" => Account("email_changed"),
        "POST /me/closure" | "POST /account-restorations" | "PUT /admin/users/{id}/status" => Account("user_status_changed"),
        "POST /me/exports" => Account("data_export_requested"),
        "POST /tenants/{id}/deletion" => Line("tenant.deletion_requested"),
        "DELETE /tenants/{id}/deletion" => Line("tenant.deletion_cancelled"),
        "POST /ownership-offer" => Line("ownership.offered"),
        "DELETE /ownership-offer" => Line("ownership.ended"),
        "PUT /ownership-offer/acceptance" => Line("ownership.transferred"),
        "POST /privacy/contacts/{id}/data-export" => Line("contact_export.created"),
        "POST /privacy/contacts/{id}/erasure" => Line("contact_erasure.created"),
        "PUT /admin/tenants/{id}/suspension" => Line("tenant.suspended"),
        "DELETE /admin/tenants/{id}/suspension" => Line("tenant.suspension_lifted"),
        "PUT /admin/tenants/{id}/features" => Line("tenant.features_changed"),
        "PUT /admin/tenants/{id}/trial" => Line("tenant.trial_changed"),
        "PUT /admin/tenants/{id}/subscription" => Line("subscription.updated"),
        "POST /admin/plans" => Account("plan_created"),
        "PUT /admin/plans/{id}" => Account("plan_changed"),
        "DELETE /admin/plans/{id}" => Account("plan_deleted"),
        "POST /custom-domains" => Line("custom_domain.created"),
        "DELETE /custom-domains/{id}" => Line("custom_domain.deleted"),
        "POST /custom-domains/{id}/checks" => Nothing("a look that proves nothing changes nothing; `identity::domains` has the others"),
        "PUT /notification-preferences" => Line("notification_preferences.updated"),
        "PUT /notifications/{id}/reading" | "DELETE /notifications/{id}/reading" | "POST /notification-readings" => {
            Nothing("what one has read oneself, whose row says when")
        }
        "POST /support-leases" | "PUT /support-leases/{id}/grant" => Line("support_lease.granted"),
        "DELETE /support-leases/{id}" => Line("support_lease.revoked"),
        "POST /admin/tenants/{id}/support-leases" => Line("support_lease.requested"),
        "POST /session/lease" => Line("support_lease.entered"),
        "DELETE /session/lease" => Line("support_lease.left"),
        "PATCH /members/{user_id}" => Line("member.updated"),
        "DELETE /members/{user_id}" => Line("member.removed"),
        "PUT /organizer" => Line("organizer.updated"),
        "POST /roles" => Line("role.created"),
        "PUT /roles/{id}" => Line("role.updated"),
        "DELETE /roles/{id}" => Line("role.deleted"),
        "POST /schedules" => Line("schedule.created"),
        "PUT /schedules/{id}" => Line("schedule.updated"),
        "DELETE /schedules/{id}" => Line("schedule.deleted"),
        "PATCH /tenant" => Line("tenant.updated"),
        "PUT /tenant/security-policy" => Line("security_policy.updated"),
        "POST /tenant/sign-in-providers" => Line("sign_in_provider.created"),
        "PUT /tenant/sign-in-providers/{id}" => Line("sign_in_provider.updated"),
        "DELETE /tenant/sign-in-providers/{id}" => Line("sign_in_provider.deleted"),
        "POST /tenant/sign-in-providers/{id}/checks" | "POST /sign-in-options/lookups" => Nothing("a question that changes nothing"),
        "POST /tenant/domains" => Line("domain.added"),
        "POST /tenant/domains/{id}/mails" => Line("domain.mail_sent"),
        "POST /tenant/domains/{id}/proof" => Line("domain.proven"),
        "DELETE /tenant/domains/{id}" => Line("domain.removed"),
        "DELETE /me/company-identities/{id}" => Line("member.identity_unlinked"),
        "POST /tenant/security-policy/simulations" => Nothing("a question about what was"),
        "PUT /retention-policy" => Line("retention_policy.updated"),
        "POST /retention-policy/simulations" => Nothing("a question about what there is"),
        "POST /tenants" => Line("tenant.created"),
        "POST /access-tokens" => Line("access_token.created"),
        "DELETE /access-tokens/{id}" | "DELETE /member-access-tokens/{id}" => Line("access_token.revoked"),
        "POST /messages/{id}/retries" => Line("message_retry.created"),
        "PUT /sms-settings" => Line("sms_settings.created"),
        "DELETE /sms-settings" => Line("sms_settings.deleted"),
        "POST /suppressions" => Line("suppression.created"),
        "DELETE /suppressions/{id}" => Line("suppression.deleted"),
        "POST /message-templates" => Line("message_template.created"),
        "PATCH /message-templates/{id}" => Line("message_template.updated"),
        "DELETE /message-templates/{id}" => Line("message_template.deleted"),
        "POST /message-template-previews" => Nothing("a look that changes nothing"),
        "POST /message-template-tests" => Line("message_test.created"),
        "POST /webhook-endpoints" => Line("webhook_endpoint.created"),
        "PATCH /webhook-endpoints/{id}" => Line("webhook_endpoint.updated"),
        "DELETE /webhook-endpoints/{id}" => Line("webhook_endpoint.deleted"),
        "POST /webhook-endpoints/{id}/secrets" => Line("webhook_endpoint.secret_rotated"),
        "POST /webhook-endpoints/{id}/tests" => Line("webhook_test.created"),
        "POST /webhook-endpoints/{id}/replays" | "POST /webhook-deliveries/{id}/replays" => Line("webhook_replay.created"),
        "POST /workflows" => Line("workflow.created"),
        "PATCH /workflows/{id}" => Line("workflow.updated"),
        "DELETE /workflows/{id}" => Line("workflow.deleted"),
        "POST /workflows/{id}/tests" => Nothing("a question that sends and changes nothing"),
        "POST /workflow-executions/{id}/cancellations" => Line("workflow_execution.cancelled"),
        "POST /workflow-executions/{id}/repetitions" => Line("workflow_execution.repeated"),
        "POST /oauth-clients" => Line("oauth_client.created"),
        "PATCH /oauth-clients/{id}" => Line("oauth_client.updated"),
        "DELETE /oauth-clients/{id}" => Line("oauth_client.deleted"),
        "POST /oauth-clients/{id}/secrets" => Line("oauth_client.secret_renewed"),
        "POST /oauth-authorizations" | "POST /oauth-device-authorizations" => Line("oauth_consent.created"),
        "DELETE /oauth-consents/{id}" => Line("oauth_consent.revoked"),
        "PUT /oauth-consents/{id}/scopes" => Line("oauth_consent.updated"),
        "POST /instance/oauth-clients" => Account("oauth_client_created"),
        "PATCH /instance/oauth-clients/{id}" => Account("oauth_client_updated"),
        "DELETE /instance/oauth-clients/{id}" => Account("oauth_client_deleted"),
        "POST /instance/oauth-clients/{id}/secrets" => Account("oauth_client_secret_renewed"),
        "POST /oauth-authorization-lookups" | "POST /oauth-device-lookups" => {
            Nothing("a question, whose secret has no place in an address")
        }
        "PUT /me/password" => Account("password_changed"),
        "PUT /password-resets" => Account("password_reset"),
        "DELETE /sessions" => Account("other_sessions_ended"),
        "DELETE /sessions/{id}" => Account("session_ended"),
        "POST /me/totp/confirmation" => Account("totp_added"),
        "DELETE /me/totp" => Account("totp_removed"),
        "POST /me/recovery-codes" => Account("recovery_codes_replaced"),
        "POST /me/passkeys" => Account("passkey_added"),
        "DELETE /me/passkeys/{id}" => Account("passkey_removed"),
        "PATCH /me/passkeys/{id}" => Account("passkey_renamed"),
        "POST /session/verification" => Account("identity_confirmed"),
        "POST /me/totp" => Nothing("the secret counts only when a code has confirmed it"),
        "POST /me/passkeys/options" | "POST /session/verification/options" => Nothing("a question that the authenticator answers"),
        "POST /sessions/passkey/options" | "POST /sessions/second-factor/options" => Nothing("a question that the authenticator answers"),
        "POST /sessions/provider/options" => Nothing("a question that the provider answers"),
        "POST /sessions" | "POST /sessions/second-factor" | "POST /sessions/passkey" => SignIn,
        "POST /sessions/provider" | "POST /sessions/mail-link" => SignIn,
        "POST /registrations/provider" => Line("tenant.created"),
        "POST /me/identities" => Account("identity_linked"),
        "DELETE /me/identities/{id}" => Account("identity_unlinked"),
        "DELETE /session" => Nothing("the session's own row says when it ended"),
        "POST /session/tenant" => Nothing("no record of a workspace changes; the login history has the entry, as `entered`"),
        "POST /registrations" | "POST /email-verification-requests" => Nothing("there is no user and no workspace before the link is used"),
        "POST /password-resets" | "POST /sessions/mail-link/requests" => {
            Nothing("whether somebody has the address is found out later, by the job, which writes it down")
        }
        "POST /invitation-lookups" => Nothing("a question, whose secret has no place in an address"),
        _ => return None,
    })
}

struct Scene {
    world: World,
    company: Company,
    tenant: Tenant,
    /// Somebody with a password that is known, in a workspace of his or her own.
    spare: Client,
    spare_id: Uuid,
    made: Cell<u32>,
    started: Cell<u32>,
}

/// What is asked, and who does: nobody's id for a visitor.
struct Ask {
    client: Client,
    actor: Option<Uuid>,
    path: String,
    body: Value,
}

impl Scene {
    async fn new() -> Self {
        let company = Company::open().await;
        let provider = company.provider("acme");
        let world = World::with(Default::default(), |config| {
            config.private_services = true;
            config.providers = vec![provider];
            config.mail_links = true;
        })
        .await;
        let tenant = Tenant::found(&world, "acme").await;
        let spare = sign_up(&world, "spare@example.com").await;
        let spare_id = spare.get("/me").await.expect(200).id();
        Self { world, company, tenant, spare, spare_id, made: Cell::new(0), started: Cell::new(0) }
    }

    /// Somebody new with [`PASSWORD`]: signed in, id and address.
    async fn person(&self) -> (Client, Uuid, String) {
        let email = format!("person{}@example.com", self.number());
        let client = sign_up(&self.world, &email).await;
        let id = client.get("/me").await.expect(200).id();
        (client, id, email)
    }

    fn number(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// A start that no other call of this gets.
    fn start(&self) -> String {
        let number = self.started.replace(self.started.get() + 1);
        format!("2031-09-{:02}T{:02}:00:00Z", 10 + number / 6, 8 + number % 6)
    }

    /// A whole hour that comes within two.
    fn soon(&self) -> String {
        platform::time::Timestamp::from_second((self.world.now().as_second() / 3600 + 1) * 3600).to_string()
    }

    /// A visitor's booking: its id, and the path of its link.
    async fn booked_at(&self, event: &str, start: &str) -> (String, String) {
        let email = format!("v{}@example.com", self.number());
        let path = format!("/public/organizers/acme-page/event-types/{event}/bookings");
        let booked = Client::anonymous(&self.world).post(&path, booking(start, &email)).await.expect(201).json;
        let token = booked["manage_url"].as_str().and_then(|url| url.rsplit('/').next()).expect("a link");
        let found = self.tenant.owner.get(&format!("/bookings?q={email}")).await.expect(200).json;
        (found["items"][0]["id"].as_str().expect("an id").to_owned(), format!("/public/bookings/{token}"))
    }

    async fn booked(&self, event: &str) -> (String, String) {
        self.booked_at(event, &self.start()).await
    }

    async fn made(&self, path: &str, body: Value) -> String {
        self.tenant.owner.post(path, body).await.expect(201).id().to_string()
    }

    /// Somebody new who administers the instance.
    async fn administrator(&self) -> (Client, Uuid) {
        let email = format!("admin{}@example.com", self.number());
        let password = new_user(&self.world, &email, "Root", None, true).await;
        let admin = Client::sign_in(&self.world, &email, password).await;
        let id = admin.get("/me").await.expect(200).id();
        (admin, id)
    }

    async fn role(&self, name: &str) -> Value {
        let roles = self.tenant.owner.get("/roles").await.expect(200).json;
        roles["items"].as_array().expect("roles").iter().find(|role| role["name"] == name).expect(name)["id"].clone()
    }

    async fn invited(&self) -> (String, String) {
        let email = format!("i{}@example.com", self.number());
        let id = self.made("/invitations", json!({ "email": email, "role_id": self.role("viewer").await })).await;
        (id, email)
    }

    async fn invitation_token(&self) -> String {
        let (_, email) = self.invited().await;
        newest_token(&self.world, &email).await
    }

    /// A request that succeeds. What is not told here takes the fixture of its path, and no body.
    async fn ask(&self, operation: &str, path: Option<String>) -> Ask {
        let by_owner = |path: String, body: Value| Ask { client: self.tenant.owner.clone(), actor: Some(self.tenant.owner_id), path, body };
        let by_visitor = |path: &str, body: Value| Ask { client: Client::anonymous(&self.world), actor: None, path: path.to_owned(), body };
        let by_spare = |path: String, body: Value| Ask { client: self.spare.clone(), actor: Some(self.spare_id), path, body };
        let by_somebody = |(client, id, _): (Client, Uuid, String), path: String, body: Value| Ask { client, actor: Some(id), path, body };
        let here = || operation.split_once(' ').expect("a path").1.to_owned();
        let schedule = json!({ "name": format!("Hours {}", self.number()), "timezone": "Europe/Amsterdam", "rules": [], "overrides": [] });
        let mail_server = |name: &str| {
            json!({ "host": "mail.example.com", "port": 587, "security": "starttls",
                                               "from_address": "hello@example.com", "from_name": name })
        };
        match operation {
            "POST /bookings" => {
                let types = self.tenant.owner.get("/event-types").await.expect(200).json;
                let body = json!({ "event_type_id": types["items"][0]["id"], "invitee_name": "Vera", "invitee_email": "vera@example.com",
                                   "invitee_timezone": "UTC", "start": self.start() });
                by_owner(here(), body)
            }
            "POST /bookings/{id}/cancellation" => {
                by_owner(format!("/bookings/{}/cancellation", self.booked("intro").await.0), json!({ "reason": "Ill" }))
            }
            "POST /bookings/{id}/confirmation" | "POST /bookings/{id}/refusal" => {
                let verb = operation.rsplit('/').next().expect("a verb");
                let event = json!({ "name": "Visit", "duration_minutes": 30, "location_type": "phone", "minimum_notice_minutes": 0,
                                    "requires_confirmation": true, "slug": format!("visit-{verb}") });
                self.made("/event-types", event).await;
                by_owner(format!("/bookings/{}/{verb}", self.booked(&format!("visit-{verb}")).await.0), json!({}))
            }
            "POST /bookings/{id}/reschedulings" => {
                by_owner(format!("/bookings/{}/reschedulings", self.booked("intro").await.0), json!({ "start": self.start() }))
            }
            "POST /bookings/{id}/restoration" => {
                let (id, manage) = self.booked("intro").await;
                Client::anonymous(&self.world).post(&format!("{manage}/cancellation"), json!({})).await.expect(200);
                by_owner(format!("/bookings/{id}/restoration"), Value::Null)
            }
            "PUT /bookings/{id}/no-show" => {
                let (id, _) = self.booked_at("intro", &self.soon()).await;
                self.world.advance_minutes(120);
                by_owner(format!("/bookings/{id}/no-show"), Value::Null)
            }
            "DELETE /bookings/{id}/no-show" => {
                let (id, _) = self.booked_at("intro", &self.soon()).await;
                self.world.advance_minutes(120);
                self.tenant.owner.send(Method::PUT, &format!("/bookings/{id}/no-show"), &[], None).await.expect(200);
                by_owner(format!("/bookings/{id}/no-show"), Value::Null)
            }
            "POST /bookings/{id}/reassignments" => {
                let (id, _) = self.booked("intro").await;
                let (heir, member) = self.tenant.member(&self.world, "owner").await;
                let profile = json!({ "slug": "heir-page", "display_name": "Heir", "timezone": "UTC" });
                member.put("/organizer", None, profile).await.expect(200);
                by_owner(format!("/bookings/{id}/reassignments"), json!({ "organizer_id": heir }))
            }
            "POST /contacts" => by_owner(here(), json!({ "name": "Vera" })),
            "PATCH /contacts/{id}" => by_owner(path.expect("a fixture"), json!({ "notes": "Called back." })),
            "DELETE /contacts/{id}" => {
                by_owner(format!("/contacts/{}", self.made("/contacts", json!({ "name": "Gone" })).await), Value::Null)
            }
            "POST /email-verification-requests" | "POST /password-resets" => by_visitor(&here(), json!({ "email": "spare@example.com" })),
            "POST /email-verifications" => {
                Client::anonymous(&self.world).post("/registrations", registration("new@example.com")).await.expect(202);
                by_visitor(&here(), json!({ "token": newest_token(&self.world, "new@example.com").await, "password": PASSWORD }))
            }
            "POST /registrations" => by_visitor(&here(), registration("waiting@example.com")),
            "POST /event-types" => by_owner(here(), json!({ "name": "Talk", "duration_minutes": 30, "location_type": "phone" })),
            "PATCH /event-types/{id}" => by_owner(path.expect("a fixture"), json!({ "description": "Half an hour." })),
            "DELETE /event-types/{id}" => {
                let event = json!({ "name": "Gone", "duration_minutes": 30, "location_type": "phone" });
                by_owner(format!("/event-types/{}", self.made("/event-types", event).await), Value::Null)
            }
            "PUT /event-types/order" => {
                self.made("/event-types", json!({ "name": "Last", "duration_minutes": 30, "location_type": "phone" })).await;
                let types = self.tenant.owner.get("/event-types").await.expect(200).json;
                let ids: Vec<_> = types["items"].as_array().expect("types").iter().rev().map(|one| one["id"].clone()).collect();
                by_owner(here(), json!({ "ids": ids }))
            }
            "POST /files" => by_owner(here(), Value::Null),
            "POST /failed-jobs/{id}/retries" => {
                by_owner(format!("/failed-jobs/{}/retries", failed_job(&self.world, &self.tenant).await), Value::Null)
            }
            "POST /invitation-acceptances" => {
                by_visitor(&here(), json!({ "token": self.invitation_token().await, "name": "New Member", "password": PASSWORD }))
            }
            "POST /invitation-lookups" | "POST /invitation-refusals" => {
                by_visitor(&here(), json!({ "token": self.invitation_token().await }))
            }
            "POST /invitations" => by_owner(here(), json!({ "email": "in@example.com", "role_id": self.role("viewer").await })),
            "POST /invitations/{id}/sendings" | "DELETE /invitations/{id}" => {
                let (id, _) = self.invited().await;
                // What is sent again lasts longer.
                self.world.advance_minutes(1);
                by_owner(here().replace("{id}", &id), Value::Null)
            }
            "PUT /mail-settings" | "DELETE /mail-settings" => {
                self.tenant.owner.send(Method::PUT, "/mail-settings", &[("if-match", "*")], Some(&mail_server("Before"))).await.expect(200);
                by_owner(here(), if operation.starts_with("PUT") { mail_server("After") } else { Value::Null })
            }
            "PATCH /me" => by_owner(here(), json!({ "work_days": ["mon", "tue"] })),
            "PUT /me/avatar" | "PUT /tenant/logo" => by_owner(here(), Value::Null),
            "DELETE /me/avatar" | "DELETE /tenant/logo" => {
                put_picture(&self.tenant.owner, here().as_str()).await.expect(200);
                by_owner(here(), Value::Null)
            }
            "POST /me/email-change" => by_spare(here(), json!({ "email": "spare.new@example.com" })),
            "DELETE /me/email-change" => {
                self.spare.post("/me/email-change", json!({ "email": "spare.newer@example.com" })).await.expect(202);
                by_spare(here(), Value::Null)
            }
            "POST /email-confirmations" => {
                let (user, member) = self.tenant.member(&self.world, "contributor").await;
                member.post("/me/email-change", json!({ "email": "moved@example.com" })).await.expect(202);
                let token = newest_token(&self.world, "moved@example.com").await;
                Ask { actor: Some(user), ..by_visitor(&here(), json!({ "token": token })) }
            }
            "POST /me/closure" | "POST /account-restorations" => {
                let role = if operation == "POST /me/closure" { "salesperson" } else { "admin" };
                let (user, client) = self.tenant.member(&self.world, role).await;
                let ask = Ask {
                    client,
                    actor: Some(user),
                    path: "/me/closure".to_owned(),
                    body: json!({ "email": format!("{role}.acme@example.com") }),
                };
                if operation == "POST /me/closure" {
                    return ask;
                }
                ask.client.post(&ask.path, ask.body).await.expect(202);
                let token = newest_token(&self.world, "admin.acme@example.com").await;
                Ask { actor: Some(user), ..by_visitor(&here(), json!({ "token": token })) }
            }
            "POST /me/exports" => by_spare(here(), Value::Null),
            "POST /tenants/{id}/deletion" | "DELETE /tenants/{id}/deletion" => {
                let name = format!("Old {}", self.number());
                let id = self.spare.post("/tenants", json!({ "name": name, "timezone": "UTC" })).await.expect(201).id();
                let path = format!("/tenants/{id}/deletion");
                if operation.starts_with("POST") {
                    return by_spare(path, json!({ "name": name }));
                }
                self.spare.post(&path, json!({ "name": name })).await.expect(202);
                by_spare(path, Value::Null)
            }
            "POST /ownership-offer" | "DELETE /ownership-offer" | "PUT /ownership-offer/acceptance" => {
                let other = Tenant::found(&self.world, &format!("giver{}", self.number())).await;
                let (user, member) = other.member(&self.world, "viewer").await;
                let body = json!({ "user_id": user });
                let client = other.owner.clone();
                if operation.starts_with("POST") {
                    return Ask { client, actor: Some(other.owner_id), path: here(), body };
                }
                client.post("/ownership-offer", body).await.expect(201);
                if operation.starts_with("PUT") {
                    return Ask { client: member, actor: Some(user), path: here(), body: Value::Null };
                }
                Ask { client, actor: Some(other.owner_id), path: here(), body: Value::Null }
            }
            "POST /privacy/contacts/{id}/data-export" => by_owner(path.expect("a fixture"), Value::Null),
            "POST /privacy/contacts/{id}/erasure" => {
                let id = self.made("/contacts", json!({ "name": "Once Known" })).await;
                by_owner(format!("/privacy/contacts/{id}/erasure"), json!({ "name": "Once Known" }))
            }
            "POST /support-leases" => by_owner(here(), json!({ "reason": "Help" })),
            "DELETE /support-leases/{id}" => {
                by_owner(format!("/support-leases/{}", self.made("/support-leases", json!({ "reason": "Help" })).await), Value::Null)
            }
            "PUT /support-leases/{id}/grant" => {
                let (admin, _) = self.administrator().await;
                let path = format!("/admin/tenants/{}/support-leases", self.tenant.id);
                let asked = admin.post(&path, json!({ "reason": "Help" })).await.expect(201).json;
                by_owner(format!("/support-leases/{}/grant", asked["lease"]["id"].as_str().expect("an id")), json!({ "reason": "Help" }))
            }
            "POST /session/lease" | "DELETE /session/lease" => {
                let (mut client, id) = self.administrator().await;
                let lease = json!({ "lease_id": self.made("/support-leases", json!({ "reason": "Help" })).await });
                if operation.starts_with("POST") {
                    return Ask { client, actor: Some(id), path: here(), body: lease };
                }
                let entered = client.post("/session/lease", lease).await.expect(200);
                client.keep_cookie(&entered);
                Ask { client, actor: Some(id), path: here(), body: Value::Null }
            }
            "POST /admin/plans" | "PUT /admin/plans/{id}" | "DELETE /admin/plans/{id}" => {
                let (admin, id) = self.administrator().await;
                let plan = json!({ "name": format!("Plan {}", self.number()), "price_minor": 900, "currency": "EUR", "interval": "month" });
                let path = match operation {
                    "POST /admin/plans" => here(),
                    _ => format!("/admin/plans/{}", admin.post("/admin/plans", plan).await.expect(201).id()),
                };
                let plan = json!({ "name": format!("Plan {}", self.number()), "price_minor": 1900, "currency": "EUR", "interval": "year" });
                Ask { client: admin, actor: Some(id), path, body: if operation.starts_with("DELETE") { Value::Null } else { plan } }
            }
            "POST /custom-domains" => by_owner(here(), json!({ "domain": format!("book{}.acme.example", self.number()) })),
            "DELETE /custom-domains/{id}" => {
                let id = self.made("/custom-domains", json!({ "domain": format!("old{}.acme.example", self.number()) })).await;
                by_owner(format!("/custom-domains/{id}"), Value::Null)
            }
            _ if operation.contains(" /admin/") => {
                let number = self.number();
                let (admin, client) = platform_admin(&self.world, &format!("root{number}@example.com")).await;
                let other = Tenant::found(&self.world, &format!("closed{number}")).await;
                let path = here().replace("{id}", &if here().contains("/users/") { other.owner_id } else { other.id }.to_string());
                let body = match operation {
                    "PUT /admin/tenants/{id}/suspension" => json!({ "reason": "Spam" }),
                    "POST /admin/tenants/{id}/support-leases" => json!({ "reason": "Help" }),
                    "PUT /admin/tenants/{id}/features" => json!({ "public_pages": false }),
                    "PUT /admin/tenants/{id}/subscription" => json!({ "status": "past_due" }),
                    "PUT /admin/tenants/{id}/trial" => json!({ "ends_at": "2031-10-01T00:00:00Z" }),
                    "PUT /admin/users/{id}/status" => json!({ "status": "suspended", "reason": "Spam" }),
                    "DELETE /admin/tenants/{id}/suspension" => {
                        client.put(&path, None, json!({ "reason": "Spam" })).await.expect(204);
                        Value::Null
                    }
                    _ => panic!("{operation}: say here how it succeeds"),
                };
                let actor = if operation.contains("/users/") { other.owner_id } else { admin };
                Ask { client, actor: Some(actor), path, body }
            }
            "PUT /notification-preferences" => {
                let mut chosen = choices();
                chosen["reminder_minutes_before"] = json!(30);
                by_owner(here(), chosen)
            }
            "POST /notification-readings" => by_owner(here(), json!({})),
            "PATCH /members/{user_id}" => {
                let (id, _) = self.tenant.member(&self.world, "viewer").await;
                by_owner(format!("/members/{id}"), json!({ "role_ids": [self.role("editor").await] }))
            }
            "DELETE /members/{user_id}" => {
                let (id, _) = self.tenant.member(&self.world, "guest").await;
                by_owner(format!("/members/{id}"), Value::Null)
            }
            "PUT /organizer" => by_owner(here(), json!({ "slug": "acme-page", "display_name": "Acme", "timezone": "Europe/Amsterdam" })),
            "PUT /password-resets" => {
                Client::anonymous(&self.world).post("/password-resets", json!({ "email": "spare@example.com" })).await.expect(202);
                let token = newest_token(&self.world, "spare@example.com").await;
                Ask { actor: Some(self.spare_id), ..by_visitor(&here(), json!({ "token": token, "password": PASSWORD })) }
            }
            "POST /public/bookings/{token}/cancellation" => {
                by_visitor(&format!("{}/cancellation", self.booked("intro").await.1), json!({}))
            }
            "POST /public/bookings/{token}/reschedulings" => {
                by_visitor(&format!("{}/reschedulings", self.booked("intro").await.1), json!({ "start": self.start() }))
            }
            "POST /public/organizers/{slug}/event-types/{event_slug}/bookings" => {
                by_visitor("/public/organizers/acme-page/event-types/intro/bookings", booking(&self.start(), "visitor@example.com"))
            }
            "POST /tenant/sign-in-providers" => by_owner(here(), sign_in_provider("Staff")),
            "PUT /tenant/sign-in-providers/{id}" => by_owner(path.expect("a fixture"), sign_in_provider("Renamed")),
            "DELETE /tenant/sign-in-providers/{id}" => {
                let id = self.made("/tenant/sign-in-providers", sign_in_provider("Gone")).await;
                by_owner(format!("/tenant/sign-in-providers/{id}"), Value::Null)
            }
            "POST /sign-in-options/lookups" => by_visitor(&here(), json!({ "email": "spare@example.com" })),
            "POST /tenant/domains" => by_owner(here(), json!({ "domain": "new.example" })),
            "POST /tenant/domains/{id}/mails" => by_owner(path.expect("a fixture"), json!({ "mailbox": "admin" })),
            "POST /tenant/domains/{id}/proof" => {
                let id = self.made("/tenant/domains", json!({ "domain": "proven.example" })).await;
                self.tenant.owner.post(&format!("/tenant/domains/{id}/mails"), json!({ "mailbox": "admin" })).await.expect(202);
                let code = code_to(&self.world, "admin@proven.example").await;
                by_owner(format!("/tenant/domains/{id}/proof"), json!({ "code": code }))
            }
            "DELETE /tenant/domains/{id}" => {
                let id = self.made("/tenant/domains", json!({ "domain": "gone.example" })).await;
                by_owner(format!("/tenant/domains/{id}"), Value::Null)
            }
            "DELETE /me/company-identities/{id}" => {
                let path = path.expect("a fixture");
                sqlx::query("INSERT INTO identity.member_identities SELECT tenant_id, id, 'me', $2, NULL, now(), now() FROM identity.sign_in_providers WHERE tenant_id = $1 AND id::text = $3")
                    .bind(self.tenant.id)
                    .bind(self.tenant.owner_id)
                    .bind(path.rsplit('/').next().expect("an id"))
                    .execute(&mut self.world.as_owner().await)
                    .await
                    .expect("an identity");
                by_owner(path, Value::Null)
            }
            "POST /roles" => by_owner(here(), json!({ "name": "Desk", "permissions": [] })),
            "PUT /roles/{id}" => by_owner(path.expect("a fixture"), json!({ "name": "Lead", "permissions": [] })),
            "DELETE /roles/{id}" => {
                by_owner(format!("/roles/{}", self.made("/roles", json!({ "name": "Gone", "permissions": [] })).await), Value::Null)
            }
            "POST /blocked-times" => by_owner(here(), blocked_time()),
            "PUT /blocked-times/{id}" => {
                let mut other = blocked_time();
                other["label"] = json!("Changed");
                by_owner(path.expect("a fixture"), other)
            }
            "DELETE /blocked-times/{id}" => {
                by_owner(format!("/blocked-times/{}", self.made("/blocked-times", blocked_time()).await), Value::Null)
            }
            "POST /schedules" => by_owner(here(), schedule),
            "PUT /schedules/{id}" => by_owner(path.expect("a fixture"), schedule),
            "DELETE /schedules/{id}" => by_owner(format!("/schedules/{}", self.made("/schedules", schedule).await), Value::Null),
            "POST /access-tokens" => by_owner(here(), json!({ "name": "Script", "scopes": ["contacts:read"] })),
            "POST /messages/{id}/retries" => {
                by_owner(format!("/messages/{}/retries", message(&self.world, &self.tenant).await), Value::Null)
            }
            "PUT /sms-settings" | "DELETE /sms-settings" => {
                self.tenant.owner.send(Method::DELETE, "/sms-settings", &[("if-match", "*")], None).await;
                let account = json!({ "account_sid": "AC1", "auth_token": "token", "from_number": "+15005550006" });
                if operation.starts_with("DELETE") {
                    self.tenant.owner.put("/sms-settings", None, account.clone()).await.expect(200);
                }
                by_owner(here(), if operation.starts_with("PUT") { account } else { Value::Null })
            }
            "POST /suppressions" => by_owner(here(), json!({ "channel": "sms", "recipient": "+31612345678" })),
            "POST /message-templates" => {
                let new = json!({ "name": "Ours", "kind": "booking_declined", "audience": "invitee", "language": "en", "subject": "No", "body": "No" });
                by_owner(here(), new)
            }
            "PATCH /message-templates/{id}" => by_owner(path.expect("a fixture"), json!({ "subject": "Changed" })),
            "DELETE /message-templates/{id}" => {
                let new = json!({ "name": "Gone", "kind": "booking_declined", "audience": "organizer", "language": "en", "subject": "No", "body": "No" });
                by_owner(format!("/message-templates/{}", self.made("/message-templates", new).await), Value::Null)
            }
            "POST /message-template-previews" | "POST /message-template-tests" => {
                by_owner(here(), json!({ "kind": "booking_cancellation", "audience": "invitee", "subject": "Gone", "body": "Gone" }))
            }
            "POST /webhook-endpoints" => by_owner(here(), webhook("created")),
            "PATCH /webhook-endpoints/{id}" => by_owner(path.expect("a fixture"), json!({ "description": "Changed" })),
            "DELETE /webhook-endpoints/{id}" => {
                by_owner(format!("/webhook-endpoints/{}", self.made("/webhook-endpoints", webhook("gone")).await), Value::Null)
            }
            "POST /webhook-endpoints/{id}/replays" => by_owner(path.expect("a fixture"), json!({ "since": "2031-09-01T00:00:00Z" })),
            "POST /webhook-endpoints/{id}/secrets" | "POST /webhook-endpoints/{id}/tests" | "POST /webhook-deliveries/{id}/replays" => {
                by_owner(path.expect("a fixture"), json!({}))
            }
            "POST /workflows" => by_owner(here(), workflow("Made")),
            "PATCH /workflows/{id}" => by_owner(path.expect("a fixture"), json!({ "name": "Changed" })),
            "DELETE /workflows/{id}" => by_owner(format!("/workflows/{}", self.made("/workflows", workflow("Gone")).await), Value::Null),
            "POST /workflows/{id}/tests" => {
                let contact = self.made("/contacts", json!({ "name": "Tested" })).await;
                by_owner(path.expect("a fixture"), json!({ "subject_id": contact }))
            }
            "POST /workflow-executions/{id}/cancellations" => {
                let path = path.expect("a fixture");
                let id = path.split('/').nth(2).expect("an id").parse::<uuid::Uuid>().expect("an id");
                sqlx::query("UPDATE automation.workflow_executions SET status = 'pending' WHERE id = $1")
                    .bind(id)
                    .execute(&mut self.world.as_owner().await)
                    .await
                    .expect("under way");
                by_owner(path, json!({}))
            }
            "POST /workflow-executions/{id}/repetitions" => by_owner(path.expect("a fixture"), json!({})),
            "POST /oauth-clients" => by_owner(here(), oauth_client("Notes")),
            "PATCH /oauth-clients/{id}" => by_owner(path.expect("a fixture"), json!({ "name": "Notes for all" })),
            "DELETE /oauth-clients/{id}" => {
                by_owner(format!("/oauth-clients/{}", self.made("/oauth-clients", oauth_client("Gone")).await), Value::Null)
            }
            "DELETE /member-access-tokens/{id}" => {
                let (_, member) = self.tenant.member(&self.world, "editor").await;
                let token = member.post("/access-tokens", json!({ "name": "Theirs", "scopes": ["contacts:read"] })).await.expect(201).id();
                by_owner(format!("/member-access-tokens/{token}"), Value::Null)
            }
            "DELETE /oauth-consents/{id}" => {
                let client = self.tenant.owner.post("/oauth-clients", oauth_client("Connected")).await.expect(201).id();
                let consent = oauth_consent(&self.world, &self.tenant, client).await;
                by_owner(format!("/oauth-consents/{consent}"), Value::Null)
            }
            "PUT /oauth-consents/{id}/scopes" => {
                let client = self.tenant.owner.post("/oauth-clients", oauth_client("Narrowed")).await.expect(201).id();
                let consent = oauth_consent(&self.world, &self.tenant, client).await;
                oauth::owner_sql(
                    &self.world,
                    "UPDATE directory.oauth_consents SET scopes = '{contacts:read,openid}' WHERE id = $1",
                    consent,
                )
                .await;
                by_owner(format!("/oauth-consents/{consent}/scopes"), json!({ "scopes": ["openid"] }))
            }
            "POST /oauth-authorizations" | "POST /oauth-authorization-lookups" => {
                let app = oauth::registered(&self.tenant.owner, json!({})).await;
                let to = oauth::location(&self.tenant.owner.get(&app.request(&[])).await.expect(303));
                let request = to.rsplit('=').next().expect("a handle");
                let decision = json!({ "request": request, "allowed": true, "tenant_id": self.tenant.id });
                by_owner(here(), if operation.ends_with("lookups") { json!({ "request": request }) } else { decision })
            }
            "POST /oauth-device-authorizations" | "POST /oauth-device-lookups" => {
                let device = json!({ "kind": "native", "grant_types": ["device_code"], "redirect_uris": [] });
                let app = oauth::registered(&self.tenant.owner, device).await;
                let begun = app.at(&self.world, "/oauth/device_authorization", &[], &[("scope", "contacts:read")]).await.expect(200).json;
                let decision = json!({ "request": begun["user_code"], "allowed": true, "tenant_id": self.tenant.id });
                by_owner(here(), if operation.ends_with("lookups") { json!({ "user_code": begun["user_code"] }) } else { decision })
            }
            "POST /instance/oauth-clients" => {
                let (admin, id) = self.administrator().await;
                Ask { client: admin, actor: Some(id), path: here(), body: oauth_client("For all") }
            }
            "PATCH /instance/oauth-clients/{id}" | "DELETE /instance/oauth-clients/{id}" | "POST /instance/oauth-clients/{id}/secrets" => {
                let (admin, id) = self.administrator().await;
                let made = admin.post("/instance/oauth-clients", oauth_client("For all")).await.expect(201).id();
                let body = if operation.starts_with("PATCH") { json!({ "name": "For everybody" }) } else { Value::Null };
                Ask { client: admin, actor: Some(id), path: here().replace("{id}", &made.to_string()), body }
            }
            "PUT /tenant/security-policy" => by_owner(here(), json!({ "session": { "max_concurrent": 9 } })),
            "POST /tenant/security-policy/simulations" | "POST /retention-policy/simulations" => by_owner(here(), json!({})),
            "PUT /retention-policy" => by_owner(here(), json!({ "notifications": 60 })),
            "POST /audit-exports" => {
                // One waits at a time, and the fixtures asked for one.
                self.world.settle().await;
                by_owner(here(), json!({}))
            }
            "POST /me/totp" => by_somebody(self.person().await, here(), Value::Null),
            "POST /me/totp/confirmation" => {
                let person = self.person().await;
                let secret = person.0.post("/me/totp", json!({})).await.expect(201).json["secret"].as_str().expect("a secret").to_owned();
                by_somebody(person, here(), json!({ "code": Phone::of(&secret).code(&self.world, 0) }))
            }
            "DELETE /me/totp" | "POST /me/recovery-codes" => {
                let person = self.person().await;
                set_up(&self.world, &person.0).await;
                by_somebody(person, here(), Value::Null)
            }
            "POST /me/passkeys/options" => by_somebody(self.person().await, here(), Value::Null),
            "POST /me/passkeys" => {
                let person = self.person().await;
                let options = person.0.post("/me/passkeys/options", json!({})).await.expect(200).json;
                let credential = Authenticator::new(&self.world.url).create(&options["public_key"]);
                by_somebody(person, here(), json!({ "token": options["token"], "name": "Key", "credential": credential }))
            }
            "PATCH /me/passkeys/{id}" | "DELETE /me/passkeys/{id}" => {
                let person = self.person().await;
                let id = passkey_of(&self.world, &person.0).await;
                by_somebody(person, format!("/me/passkeys/{id}"), json!({ "name": "Old key" }))
            }
            "POST /session/verification" => by_somebody(self.person().await, here(), json!({ "method": "password", "password": PASSWORD })),
            "POST /session/verification/options" => {
                let person = self.person().await;
                passkey_of(&self.world, &person.0).await;
                by_somebody(person, here(), Value::Null)
            }
            "POST /sessions/second-factor" => {
                let person = self.person().await;
                let (phone, _) = set_up(&self.world, &person.0).await;
                let due = try_sign_in(&self.world, &person.2, PASSWORD).await.expect(202).json;
                let proof = json!({ "method": "totp", "code": phone.code(&self.world, 0) });
                Ask { actor: Some(person.1), ..by_visitor(&here(), json!({ "token": due["token"], "proof": proof })) }
            }
            "POST /sessions/second-factor/options" => {
                let person = self.person().await;
                passkey_of(&self.world, &person.0).await;
                let due = try_sign_in(&self.world, &person.2, PASSWORD).await.expect(202).json;
                by_visitor(&here(), json!({ "token": due["token"] }))
            }
            "POST /sessions/passkey/options" => by_visitor(&here(), Value::Null),
            "POST /sessions/provider/options" => by_visitor(&here(), json!({ "provider": "acme", "intent": "sign_in" })),
            "POST /sessions/provider" => {
                let person = self.person().await;
                let identity = unknown(&self.world, &self.company, json!({ "sub": person.2 })).await;
                person.0.post("/me/identities", json!({ "token": identity["token"] })).await.expect(204);
                let (client, url) = begin(&Client::anonymous(&self.world), "sign_in").await;
                let (code, state) = self.company.authorize(&self.world, &url, &json!({ "sub": person.2 }));
                Ask { client, actor: Some(person.1), path: here(), body: json!({ "provider": "acme", "code": code, "state": state }) }
            }
            "POST /registrations/provider" => {
                let email = format!("new{}@example.com", self.number());
                let identity = unknown(&self.world, &self.company, json!({ "sub": email, "email": email })).await;
                by_visitor(&here(), sign_up_with(&identity["token"]))
            }
            "POST /me/identities" => {
                let person = self.person().await;
                let identity = unknown(&self.world, &self.company, json!({ "sub": person.2 })).await;
                by_somebody(person, here(), json!({ "token": identity["token"] }))
            }
            "DELETE /me/identities/{id}" => {
                let person = self.person().await;
                let identity = unknown(&self.world, &self.company, json!({ "sub": person.2 })).await;
                person.0.post("/me/identities", json!({ "token": identity["token"] })).await.expect(204);
                let linked = person.0.get("/me/identities").await.expect(200).json;
                let id = linked["linked"][0]["id"].as_str().expect("an id").to_owned();
                by_somebody(person, format!("/me/identities/{id}"), Value::Null)
            }
            "POST /sessions/mail-link/requests" => by_visitor(&here(), json!({ "email": "spare@example.com" })),
            "POST /sessions/mail-link" => {
                let person = self.person().await;
                let mut client = Client::anonymous(&self.world);
                let asked = client.post("/sessions/mail-link/requests", json!({ "email": person.2 })).await.expect(202);
                client.keep_cookie(&asked);
                let token = newest_token(&self.world, &person.2).await;
                Ask { client, actor: Some(person.1), path: here(), body: json!({ "token": token }) }
            }
            "POST /sessions/passkey" => {
                let (person, mut key) = (self.person().await, Authenticator::new(&self.world.url));
                register(&person.0, &mut key, "Key").await.expect(201);
                let options = Client::anonymous(&self.world).post("/sessions/passkey/options", json!({})).await.expect(200).json;
                let credential = key.get(&options["public_key"]);
                Ask { actor: Some(person.1), ..by_visitor(&here(), json!({ "token": options["token"], "credential": credential })) }
            }
            "POST /sessions" => {
                let ask = by_visitor(&here(), json!({ "email": "spare@example.com", "password": PASSWORD }));
                Ask { actor: Some(self.spare_id), ..ask }
            }
            "DELETE /session" => {
                Ask { client: Client::sign_in(&self.world, "spare@example.com", PASSWORD).await, ..by_spare(here(), Value::Null) }
            }
            "DELETE /sessions" => by_spare(here(), Value::Null),
            "DELETE /sessions/{id}" => {
                Client::sign_in(&self.world, "spare@example.com", PASSWORD).await;
                let sessions = self.spare.get("/sessions").await.expect(200).json;
                let other = sessions["items"].as_array().expect("sessions").iter().find(|one| one["current"] == false).expect("another");
                by_spare(format!("/sessions/{}", other["id"].as_str().expect("an id")), Value::Null)
            }
            "POST /session/tenant" => {
                let client = Client::sign_in(&self.world, "spare@example.com", PASSWORD).await;
                let tenant = client.get("/session").await.expect(200).json["tenant"]["id"].clone();
                Ask { client, ..by_spare(here(), json!({ "tenant_id": tenant })) }
            }
            "PUT /me/password" => by_spare(here(), json!({ "current_password": PASSWORD, "new_password": "another fine password" })),
            "PATCH /tenant" => by_owner(here(), json!({ "currency": "USD" })),
            "POST /tenants" => by_spare(here(), json!({ "name": "Second", "timezone": "UTC" })),
            _ => by_owner(path.unwrap_or_else(|| panic!("{operation}: say here how it succeeds")), Value::Null),
        }
    }
}

struct Line {
    action: String,
    actor: Option<Uuid>,
    name: String,
    entity: Option<Uuid>,
    old: Option<Value>,
    new: Option<Value>,
}

async fn lines(world: &World, db: &mut PgConnection, answer: &Answer) -> Vec<Line> {
    let request: Uuid = answer.headers["x-request-id"].to_str().ok().and_then(|id| id.parse().ok()).expect("an id");
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as("SELECT tenant_id, id FROM platform.audit_events WHERE request_id = $1")
        .bind(request)
        .fetch_all(db)
        .await
        .expect("lines");
    let mut lines = Vec::new();
    for (tenant, id) in rows {
        let next = Uuid::from_u128(id.as_u128() + 1);
        let found =
            platform::audit::list(&mut world.ctx(platform::TenantId(tenant)), &Which::default(), Some(next), 1).await.expect("a line");
        let line = found.into_iter().next().expect("a line");
        let (actor, name) = line.actor.map_or((None, String::new()), |actor| (actor.id, actor.name));
        lines.push(Line { action: line.action, actor, name, entity: line.entity_id, old: line.old_values, new: line.new_values });
    }
    lines
}

/// How often that stands in the logs of accounts.
async fn noted(db: &mut PgConnection, user: Option<Uuid>, event: Option<&str>) -> i64 {
    sqlx::query_scalar(
        "SELECT CASE WHEN $2::text IS NULL
                     THEN (SELECT count(*) FROM directory.login_history WHERE user_id = $1 AND outcome = 'success')
                     ELSE (SELECT count(*) FROM directory.security_events WHERE user_id = $1 AND event = $2) END",
    )
    .bind(user)
    .bind(event)
    .fetch_one(db)
    .await
    .expect("counted")
}

/// What was, what is, or both, by what was done.
fn has_its_values(line: &Line) -> bool {
    let is_told = |value: &Option<Value>| value.as_ref().and_then(Value::as_object).is_some_and(|fields| !fields.is_empty());
    match line.action.rsplit('.').next().unwrap_or_default() {
        // Of a job that is tried again nothing changes but its turn.
        "created" | "joined" | "retried" | "repeated" | "requested" | "granted" | "entered" | "left" | "added" | "mail_sent" => {
            is_told(&line.new)
        }
        "deleted" | "archived" | "discarded" | "identity_unlinked" => is_told(&line.old) && line.new.is_none(),
        "removed" => is_told(&line.old) && line.old != line.new,
        _ => is_told(&line.old) && is_told(&line.new) && line.old != line.new,
    }
}

#[tokio::test]
async fn every_change_says_who_did_what() {
    let scene = Scene::new().await;
    let paths = fixtures(&scene.world, &scene.tenant).await;
    let mut db = scene.world.as_owner().await;
    let mut walked = 0;
    let mut changes: Vec<_> = operations().into_iter().filter(|operation| operation.method != Method::GET).collect();
    // A new password ends the spare's sessions, and a job that can only fail again keeps the queue from coming to rest.
    changes.sort_by_key(|operation| match (operation.method.as_str(), operation.path.as_str()) {
        ("PUT", "/me/password" | "/password-resets") => 1,
        ("POST", "/failed-jobs/{id}/retries") => 2,
        _ => 0,
    });
    for operation in changes {
        let name = format!("{} {}", operation.method, operation.path);
        let kept = kept(&name).unwrap_or_else(|| panic!("{name} changes something: say here what it leaves"));
        let ask = scene.ask(&name, filled(&operation, &paths)).await;
        let event = match kept {
            Kept::Account(event) => Some(event),
            _ => None,
        };
        // The clock has moved on, and some changes are for those who have just shown who they are.
        sqlx::query("UPDATE directory.sessions SET verified_at = $1").bind(scene.world.now()).execute(&mut db).await.expect("confirmed");
        let before = noted(&mut db, ask.actor, event).await;
        let answer = if name == "POST /files" {
            let form = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"note.txt\"\r\n\r\nnote\r\n--x--\r\n";
            ask.client.raw(Method::POST, "/api/v1/files", "multipart/form-data; boundary=x", form.into()).await
        } else if matches!(name.as_str(), "PUT /me/avatar" | "PUT /tenant/logo") {
            put_picture(&ask.client, &ask.path).await
        } else {
            let body = (!ask.body.is_null()).then_some(&ask.body);
            ask.client.send(operation.method.clone(), &ask.path, &[("if-match", "*")], body).await
        };
        assert!(answer.status.is_success(), "{name}: {} {}", answer.status, answer.text);
        // Whoever becomes a user by it is who did it.
        let actor = ask.actor.or_else(|| answer.json.pointer("/user/id").and_then(|id| id.as_str()?.parse().ok()));
        let lines = lines(&scene.world, &mut db, &answer).await;
        match kept {
            Kept::Line(action) => {
                let actions: Vec<_> = lines.iter().map(|line| line.action.as_str()).collect();
                assert!(actions.contains(&action), "{name} leaves {actions:?}, and no {action}");
                for line in &lines {
                    assert_eq!(line.actor, actor, "{name}: {} is somebody else's", line.action);
                    assert!(!line.name.is_empty() && (line.name == "visitor") == actor.is_none(), "{name}: {:?}", line.name);
                    assert!(line.entity.is_some(), "{name}: {} is about nothing", line.action);
                    assert!(has_its_values(line), "{name}: {} has {:?} and {:?}", line.action, line.old, line.new);
                }
            }
            Kept::Account(_) | Kept::SignIn => assert_eq!(noted(&mut db, ask.actor, event).await, before + 1, "{name}"),
            Kept::Nothing(why) => {
                assert!(!why.is_empty() && lines.is_empty(), "{name} is said to leave nothing, and leaves {}", lines[0].action);
            }
        }
        walked += 1;
    }
    assert!(walked > 45, "{walked}");
}

fn workflow(name: &str) -> Value {
    json!({ "name": name, "trigger": "contact.updated" })
}

fn webhook(name: &str) -> Value {
    json!({ "url": format!("https://{name}.invalid/hook") })
}
