//! Who reads the mails.

use platform::{Ctx, Result};
use uuid::Uuid;

pub struct Reader {
    pub user_id: Uuid,
    pub display_name: String,
    pub email: String,
    pub locale: String,
}

pub async fn readers(ctx: &mut Ctx, users: &[Uuid]) -> Result<Vec<Reader>> {
    let tenant = ctx.tenant.0;
    let members = sqlx::query_as!(
        Reader,
        "SELECT user_id, display_name, email, locale FROM identity.members WHERE tenant_id = $1 AND user_id = ANY ($2)",
        tenant,
        users,
    );
    Ok(members.fetch_all(ctx.db().await?).await?)
}
