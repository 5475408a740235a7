//! `/b/u/{token}`: ends messages that are not part of a booking. Looking changes nothing, since programs that check mails open links;
//! mail programs send the form by themselves when one presses their button (RFC 8058).

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::Response;
use messaging::Unsubscription;
use platform::rate_limit::Limit;
use platform::{Ctx, Problem, Result};

use super::views::{Audience, Frame, UnsubscribePage, page};
use super::visit::{NEUTRAL, Visit, brand};

fn read(visit: &Visit, path: Result<Path<String>, PathRejection>) -> Result<(Unsubscription, Ctx)> {
    let Ok(Path(text)) = path else { return Err(Problem::not_found().into()) };
    let named = Unsubscription::read(&visit.app, &text).ok_or_else(Problem::not_found)?;
    visit.check_site(named.tenant)?;
    let ctx = visit.ctx(named.tenant, None);
    Ok((named, ctx))
}

fn shown(visit: &Visit, address: &str, is_done: bool) -> Result<Response> {
    let t = visit.reader.texts();
    let heading = if is_done { t.unsubscribed_title } else { t.unsubscribe_title };
    let text = if is_done { (t.unsubscribed)(address) } else { (t.unsubscribe)(address) };
    let shown = UnsubscribePage {
        frame: Frame::new(visit.reader, heading.to_owned(), brand(NEUTRAL), &visit.path, &[]).hidden(),
        t,
        heading,
        text,
        action: (!is_done).then(|| visit.href(&visit.path)),
    };
    page(StatusCode::OK, Audience::OneVisitor, visit.reader.language, &shown)
}

pub(super) async fn show(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    let made = async {
        let (named, mut ctx) = read(&visit, path)?;
        let (address, is_done) = named.find(&mut ctx).await?;
        shown(&visit, &address, is_done)
    };
    visit.answer(made.await)
}

pub(super) async fn submit(visit: Visit, path: Result<Path<String>, PathRejection>) -> Response {
    let made = async {
        let (named, mut ctx) = read(&visit, path)?;
        visit.app.limits.check_address(Limit::PublicChange, visit.origin.ip)?;
        named.take(&mut ctx).await?;
        ctx.commit().await?;
        let (address, is_done) = named.find(&mut ctx).await?;
        shown(&visit, &address, is_done)
    };
    visit.answer(made.await)
}
