//! What messaging holds of a person: what he or she was told, and what others were told of him or her.

mod store;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use platform::personal::{Outcome, Person, PersonalData};
use platform::{Ctx, Result};
use serde_json::Value;

/// Messages, notifications and preferences.
pub struct NotificationsData;

impl PersonalData for NotificationsData {
    fn export<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<(&'static str, Value)>>> {
        async move {
            let (Person::Member(id) | Person::Contact(id)) = person;
            let messages = ("messages", store::messages(ctx, *id).await?);
            let Person::Member(user) = person else { return Ok(vec![messages]) };
            Ok(vec![
                ("notifications", store::notifications(ctx, *user).await?),
                ("notification_preferences", store::preferences(ctx, *user).await?),
                messages,
            ])
        }
        .boxed()
    }

    fn erase<'a>(&'a self, ctx: &'a mut Ctx, person: &'a Person) -> BoxFuture<'a, Result<Vec<Outcome>>> {
        async move {
            let (Person::Member(id) | Person::Contact(id)) = person;
            Ok(vec![
                Outcome::removed("messaging.notifications", store::erase_notifications(ctx, *id).await?),
                Outcome::removed("messaging.notification_preferences", store::erase_preferences(ctx, *id).await?),
                Outcome::removed("messaging.notification_deliveries", store::erase_deliveries(ctx, *id).await?),
            ])
        }
        .boxed()
    }
}
