//! The mail about an endpoint that was switched off, in the reader's language.

mod store;

use platform::mail::layout::Layout;
use platform::mail::{Mail, More, Person};
use platform::{Ctx, Result};
use uuid::Uuid;

use crate::events::EndpointFact;

struct Texts {
    lang: &'static str,
    subject: &'static str,
    gone: &'static str,
    failing: &'static str,
    then: &'static str,
    button: &'static str,
    footer: &'static str,
}

const EN: Texts = Texts {
    lang: "en",
    subject: "The webhook to {host} is switched off",
    gone: "{host} answered that it wants no more events (410 Gone), so the webhook was switched off.",
    failing: "No event has reached {host} for five days, so the webhook was switched off.",
    then: "When the receiver is there again, switch the webhook on and replay what failed.",
    button: "Open the webhook",
    footer: "You get this mail because you may manage the workspace's webhooks.",
};
const NL: Texts = Texts {
    lang: "nl",
    subject: "De webhook naar {host} is uitgeschakeld",
    gone: "{host} antwoordde dat het geen gebeurtenissen meer wil (410 Gone). Daarom is de webhook uitgeschakeld.",
    failing: "Er is vijf dagen lang geen gebeurtenis bij {host} aangekomen. Daarom is de webhook uitgeschakeld.",
    then: "Is de ontvanger er weer, schakel de webhook dan in en verstuur opnieuw wat mislukte.",
    button: "Webhook openen",
    footer: "U krijgt deze mail omdat u de webhooks van de werkruimte mag beheren.",
};
const PT_BR: Texts = Texts {
    lang: "pt-BR",
    subject: "O webhook para {host} foi desativado",
    gone: "{host} respondeu que não quer mais eventos (410 Gone), por isso o webhook foi desativado.",
    failing: "Nenhum evento chegou a {host} nos últimos cinco dias, por isso o webhook foi desativado.",
    then: "Quando o destino voltar a funcionar, ative o webhook e reenvie o que falhou.",
    button: "Abrir o webhook",
    footer: "Você recebe esta mensagem porque pode gerenciar os webhooks do espaço de trabalho.",
};

/// One for each of those members.
pub async fn switched_off(ctx: &mut Ctx, event: Uuid, to: &[Uuid], fact: &EndpointFact) -> Result<Vec<Mail>> {
    let members = store::readers(ctx, to).await?;
    let mails = members.into_iter().map(|member| {
        let texts = match member.locale.as_str() {
            "nl" => &NL,
            "pt-BR" => &PT_BR,
            _ => &EN,
        };
        let said = |text: &str| text.replace("{host}", &fact.host);
        let why = if fact.reason.as_deref() == Some("gone") { texts.gone } else { texts.failing };
        let link = ctx.app.config.link(&format!("/settings/webhooks/{}", fact.webhook_endpoint_id));
        let layout = Layout {
            lang: texts.lang.to_owned(),
            title: said(texts.subject),
            paragraphs: vec![said(why), texts.then.to_owned()],
            button: Some((texts.button.to_owned(), link)),
            footer: vec![texts.footer.to_owned()],
            ..Layout::default()
        };
        let (text, html) = layout.render();
        Mail {
            kind: "webhook_disabled".to_owned(),
            to: Person { name: member.display_name, email: member.email },
            subject: said(texts.subject),
            text,
            html,
            reply_to: None,
            from_name: None,
            calendar: None,
            dedupe_key: Some(format!("webhook_disabled {event} {}", member.user_id)),
            more: More::default(),
        }
    });
    Ok(mails.collect())
}
