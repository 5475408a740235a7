//! The mails of this module: texts by language, laid out by the platform.

pub mod company;
pub mod domains;
mod en;
pub mod hosting;
mod nl;
pub mod notices;
mod pt_br;
pub mod subscriptions;
pub mod suspicions;

use platform::App;
use platform::mail::layout::Layout;
use platform::mail::{Mail, More, Person};

use crate::tenants::Tenant;

/// One mail's texts. `{name}` and the like are filled in.
pub struct Texts {
    subject: &'static str,
    paragraphs: &'static [&'static str],
    button: &'static str,
    /// Why the mail came, and what to do about one that nobody asked for.
    footer: &'static str,
}

/// All texts of one language.
pub struct Catalogue {
    lang: &'static str,
    hello: &'static str,
    hello_nobody: &'static str,
    verification: Texts,
    account_exists: Texts,
    registration_unfinished: Texts,
    sign_in_link: Texts,
    password_reset: Texts,
    password_changed: Texts,
    security_notice: Texts,
    /// What happened, by the security event.
    notices: [(&'static str, &'static str); 8],
    invitation: Texts,
    workspace: &'static str,
    role: &'static str,
    invited_by: &'static str,
    message: &'static str,
    /// The built-in roles; others are called as their tenant calls them.
    roles: [(&'static str, &'static str); 7],
}

/// English where a language has no catalogue.
fn catalogue(locale: &str) -> &'static Catalogue {
    [&pt_br::CATALOGUE, &nl::CATALOGUE].into_iter().find(|catalogue| catalogue.lang == locale).unwrap_or(&en::CATALOGUE)
}

/// Replaces `{key}`s in one pass, so that what is filled in is not filled in again.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}').and_then(|(key, tail)| Some((values.iter().find(|(name, _)| *name == key)?.1, tail))) {
            Some((value, tail)) => {
                text.push_str(value);
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}

/// What goes into a mail beside its texts.
struct Parts<'a> {
    kind: &'a str,
    texts: &'a Texts,
    values: &'a [(&'a str, &'a str)],
    facts: Vec<(String, String)>,
    link: String,
}

/// How a workspace's mails look; the program's own where it is empty.
#[derive(Default)]
pub struct Looks {
    /// `#rrggbb`
    pub color: String,
    /// The whole address of the logo.
    pub logo: Option<String>,
}

impl Looks {
    pub fn of(app: &App, tenant: &Tenant) -> Self {
        Self {
            color: tenant.branding.color.clone().unwrap_or_default(),
            logo: tenant.logo_url.as_deref().map(|path| app.config.link(path)),
        }
    }
}

fn write(catalogue: &Catalogue, to: Person, parts: Parts<'_>) -> Mail {
    write_in(catalogue, to, parts, Looks::default())
}

fn write_in(catalogue: &Catalogue, to: Person, parts: Parts<'_>, looks: Looks) -> Mail {
    let subject = fill(parts.texts.subject, parts.values);
    let greeting =
        if to.name.trim().is_empty() { catalogue.hello_nobody.to_owned() } else { fill(catalogue.hello, &[("name", to.name.trim())]) };
    let layout = Layout {
        lang: catalogue.lang.to_owned(),
        title: subject.clone(),
        greeting,
        paragraphs: parts.texts.paragraphs.iter().map(|paragraph| fill(paragraph, parts.values)).collect(),
        facts: parts.facts,
        button: Some((parts.texts.button.to_owned(), parts.link)),
        footer: vec![fill(parts.texts.footer, parts.values)],
        brand_color: looks.color,
        logo: looks.logo,
    };
    let (text, html) = layout.render();
    Mail {
        kind: parts.kind.to_owned(),
        to,
        subject,
        text,
        html,
        reply_to: None,
        from_name: None,
        calendar: None,
        dedupe_key: None,
        more: More::default(),
    }
}

/// Without the name: whoever signs up with another's address would have us send that person a text of his choice.
fn unnamed(to: Person) -> Person {
    Person { name: String::new(), ..to }
}

/// The link that confirms a sign-up.
pub fn verification(app: &App, locale: &str, to: Person, token: &str) -> Mail {
    let (catalogue, to) = (catalogue(locale), unnamed(to));
    let link = app.config.link(&format!("/verify-email?token={token}"));
    write(catalogue, to, Parts { kind: "email_verification", texts: &catalogue.verification, values: &[], facts: Vec::new(), link })
}

/// To somebody who has an account and signed up again, or whose address another typed.
pub fn account_exists(app: &App, locale: &str, to: Person) -> Mail {
    let catalogue = catalogue(locale);
    let link = app.config.link("/sign-in");
    write(catalogue, to, Parts { kind: "account_exists", texts: &catalogue.account_exists, values: &[], facts: Vec::new(), link })
}

/// To somebody who wants to reset the password of a sign-up that was never confirmed.
pub fn registration_unfinished(app: &App, locale: &str, to: Person) -> Mail {
    let (catalogue, to) = (catalogue(locale), unnamed(to));
    let link = app.config.link("/sign-up");
    write(
        catalogue,
        to,
        Parts { kind: "registration_unfinished", texts: &catalogue.registration_unfinished, values: &[], facts: Vec::new(), link },
    )
}

/// The link that signs in. Its secret stands behind the #, which browsers keep to themselves.
pub fn sign_in_link(app: &App, locale: &str, to: Person, token: &str) -> Mail {
    let catalogue = catalogue(locale);
    let link = app.config.link(&format!("/sign-in/link#token={token}"));
    write(catalogue, to, Parts { kind: "sign_in_link", texts: &catalogue.sign_in_link, values: &[], facts: Vec::new(), link })
}

/// The link to a new password.
pub fn password_reset(app: &App, locale: &str, to: Person, token: &str) -> Mail {
    let catalogue = catalogue(locale);
    let link = app.config.link(&format!("/reset-password?token={token}"));
    write(catalogue, to, Parts { kind: "password_reset", texts: &catalogue.password_reset, values: &[], facts: Vec::new(), link })
}

/// Tells that the password has changed, in case it was somebody else.
pub fn password_changed(app: &App, locale: &str, to: Person) -> Mail {
    let catalogue = catalogue(locale);
    let link = app.config.link("/forgot-password");
    write(catalogue, to, Parts { kind: "password_changed", texts: &catalogue.password_changed, values: &[], facts: Vec::new(), link })
}

/// Tells of a change to how one signs in, in case it was somebody else. `event` is that of the security event.
pub fn security_notice(app: &App, locale: &str, to: Person, event: &str) -> Mail {
    let catalogue = catalogue(locale);
    let what = catalogue.notices.iter().find(|(name, _)| *name == event).map_or(event, |(_, text)| text);
    let link = app.config.link("/settings/security");
    let values = [("what", what)];
    write(catalogue, to, Parts { kind: event, texts: &catalogue.security_notice, values: &values, facts: Vec::new(), link })
}

/// What an invitation tells.
pub struct InvitationSays<'a> {
    pub workspace: &'a str,
    pub inviter: &'a str,
    /// The role's name.
    pub role: &'a str,
    pub message: Option<&'a str>,
}

/// The link to an invitation. Its secret stands behind the #, which browsers keep to themselves: no log and no Referer has it.
pub fn invitation(app: &App, locale: &str, to: Person, token: &str, says: &InvitationSays<'_>, looks: Looks) -> Mail {
    let link = app.config.link(&format!("/invitation#token={token}"));
    write_invitation(catalogue(locale), to, link, says, looks)
}

fn write_invitation(catalogue: &Catalogue, to: Person, link: String, says: &InvitationSays<'_>, looks: Looks) -> Mail {
    let role = catalogue.roles.iter().find(|(name, _)| *name == says.role).map_or(says.role, |(_, label)| label);
    let mut facts = vec![
        (catalogue.workspace.to_owned(), says.workspace.to_owned()),
        (catalogue.role.to_owned(), role.to_owned()),
        (catalogue.invited_by.to_owned(), says.inviter.to_owned()),
    ];
    facts.extend(says.message.map(|message| (catalogue.message.to_owned(), message.to_owned())));
    let values = [("workspace", says.workspace), ("inviter", says.inviter)];
    write_in(catalogue, to, Parts { kind: "invitation", texts: &catalogue.invitation, values: &values, facts, link }, looks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_texts(catalogue: &Catalogue) -> [&Texts; 8] {
        [
            &catalogue.verification,
            &catalogue.account_exists,
            &catalogue.registration_unfinished,
            &catalogue.sign_in_link,
            &catalogue.password_reset,
            &catalogue.password_changed,
            &catalogue.security_notice,
            &catalogue.invitation,
        ]
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        assert_eq!(fill("{a} and {b}, {c} {", &[("a", "{b}"), ("b", "two")]), "{b} and two, {c} {");
        assert_eq!(fill("no keys", &[("a", "x")]), "no keys");
    }

    #[test]
    fn every_language_has_its_catalogue() {
        for locale in platform::text::LOCALES {
            assert_eq!(catalogue(locale).lang, locale);
        }
        assert_eq!(catalogue("xx").lang, "en");
    }

    #[test]
    fn catalogues_differ_from_english_and_leave_no_key() {
        for locale in ["pt-BR", "nl"] {
            for (own, english) in all_texts(catalogue(locale)).iter().zip(all_texts(catalogue("en"))) {
                assert!(own.subject != english.subject && own.button != english.button && own.footer != english.footer, "{}", own.subject);
                assert_eq!(own.paragraphs.len(), english.paragraphs.len(), "{}", own.subject);
            }
        }
        for locale in platform::text::LOCALES {
            for texts in all_texts(catalogue(locale)) {
                for text in texts.paragraphs.iter().chain([&texts.subject, &texts.button, &texts.footer]) {
                    assert!(!text.is_empty() && !fill(text, &[("workspace", ""), ("inviter", ""), ("what", "")]).contains('{'), "{text}");
                }
            }
        }
    }

    #[test]
    fn notices_are_the_same_in_every_language() {
        let events = |locale| catalogue(locale).notices.map(|(event, _)| event);
        for locale in platform::text::LOCALES {
            assert_eq!(events(locale), events("en"), "{locale}");
        }
    }

    #[test]
    fn an_invitation_shows_what_people_typed_as_text() {
        let says =
            InvitationSays { workspace: "Studio <i>", inviter: "Ana {workspace}", role: "editor", message: Some("Come in\n<script>") };
        let to = Person { name: String::new(), email: "bo@example.com".to_owned() };
        let looks = Looks { color: "#0066cc".to_owned(), logo: Some("https://example.com/logo.png".to_owned()) };
        let mail = write_invitation(catalogue("nl"), to, "https://example.com/invitation#token=t".to_owned(), &says, looks);
        assert!(mail.html.contains("#0066cc") && mail.html.contains("https://example.com/logo.png"), "{}", mail.html);
        assert!(mail.subject.contains("Ana {workspace}") && mail.subject.contains("Studio <i>"), "{}", mail.subject);
        assert!(mail.text.contains("Hallo,") && mail.text.contains("https://example.com/invitation#token=t"));
        assert!(
            mail.html.contains("lang=\"nl\"") && mail.html.contains("Studio &lt;i&gt;") && mail.html.contains("Come in<br>&lt;script&gt;")
        );
        assert!(!mail.html.contains("<script") && !mail.html.contains("<i>"));
        assert!(mail.text.contains("Redacteur"), "{}", mail.text);
    }
}
