//! Everything the modules bring, in one list each: routes, events, reactions, jobs, cron.

use std::sync::Arc;

use graphile_worker::JobDefinition;
use platform::App;
use platform::audit::exports::ExportAudit;
use platform::audit::heads::SignAuditHeads;
use platform::audit::verify::VerifyAuditChains;
use platform::events::{EventKind, Reaction};
use platform::jobs::definition;
use platform::personal::PersonalData;
use platform::records::RecordKind;
use platform::retention::{ApplyRetention, Retained};
use utoipa_axum::router::OpenApiRouter;

use crate::commands::housekeeping::KeepHouse;

/// The API's operations, relative to /api/v1.
pub fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(platform::audit::api())
        .merge(platform::retention::api())
        .merge(platform::sse::api())
        .merge(platform::jobs::failed::api())
        .merge(platform::jobs::batches::api())
        .merge(platform::mail::settings::api())
        .merge(platform::files::api())
        .merge(identity::api())
        .merge(contacts::api())
        .merge(messaging::api())
        .merge(scheduling::api())
        .merge(automation::api())
}

/// Every event kind, with the permission that lets a member see it on the stream.
pub fn event_kinds() -> Vec<EventKind> {
    [
        platform::audit::EVENTS,
        platform::files::EVENTS,
        platform::jobs::EVENTS,
        platform::retention::EVENTS,
        identity::EVENTS,
        contacts::EVENTS,
        messaging::EVENTS,
        scheduling::EVENTS,
        automation::EVENTS,
    ]
    .concat()
}

/// What modules do about each other's facts.
pub fn reactions() -> Vec<Reaction> {
    [identity::reactions(), messaging::reactions(), scheduling::reactions(), automation::reactions(&event_kinds())].concat()
}

/// What the modules hold about people, the lowest ring first; but before them automation, where a person is found by the address that
/// the others then forget.
pub fn personal_data() -> Vec<Arc<dyn PersonalData>> {
    vec![
        Arc::new(automation::AutomationData),
        Arc::new(identity::MembersData),
        Arc::new(contacts::ContactsData),
        Arc::new(messaging::NotificationsData),
        Arc::new(scheduling::BookingsData),
    ]
}

/// The kinds of records that workflows are about.
pub fn records() -> Vec<RecordKind> {
    vec![contacts::RECORDS, scheduling::RECORDS]
}

/// What is removed when it is old.
pub fn retained() -> Vec<Retained> {
    [platform::retention::retained(), identity::retained(), messaging::retained(), scheduling::retained(), automation::retained()].concat()
}

/// Every job that the queue may hold.
pub fn jobs() -> Vec<JobDefinition> {
    let mut all = vec![
        definition::<SignAuditHeads>(),
        definition::<VerifyAuditChains>(),
        definition::<ExportAudit>(),
        definition::<platform::mail::SendMails>(),
        definition::<platform::files::DeleteFile>(),
        definition::<KeepHouse>(),
        definition::<ApplyRetention>(),
    ];
    all.extend(identity::jobs());
    all.extend(messaging::jobs());
    all.extend(scheduling::jobs());
    all.extend(automation::jobs());
    all
}

/// Minute, hour, day, month, weekday (UTC), job, and a payload, which must be an object.
pub const CRONTAB: &str = "\
17 3 * * * KeepHouse ?fill=1d {}
23 3 * * * ApplyRetention ?fill=1d {}
7 * * * * SignAuditHeads ?fill=1h {}
41 2 * * * VerifyAuditChains ?fill=1d {}
*/10 * * * * EraseDue ?fill=1h {}
37 * * * * CheckSubscriptions ?fill=1h {}
*/5 * * * * CheckDomains ?fill=1h {}
29 3 * * * RotateSigningKeys ?fill=1d {}
*/15 * * * * CompleteBookings ?fill=1h {}
* * * * * StartDueWorkflows ?fill=5m {}
";
