//! Mails about accounts and workspaces, each in its languages beside each other.

use platform::App;
use platform::mail::{Mail, Person};

use super::{Looks, Parts, Texts, catalogue, write_in};
use crate::tenants::Tenant;

/// One mail; `{name}` and the like are filled in.
pub struct Notice {
    pub(super) kind: &'static str,
    pub(super) en: Texts,
    pub(super) nl: Texts,
    pub(super) pt_br: Texts,
}

impl Notice {
    fn texts(&self, lang: &str) -> &Texts {
        match lang {
            "nl" => &self.nl,
            "pt-BR" => &self.pt_br,
            _ => &self.en,
        }
    }

    #[cfg(test)]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// To one person, with what is filled in, and a path of the web app for its button.
    pub fn mail(&self, app: &App, locale: &str, to: Person, values: &[(&str, &str)], path: &str) -> Mail {
        self.looking(app, Looks::default(), locale, to, values, path)
    }

    /// As [`Notice::mail`], of a workspace and as it looks.
    pub fn mail_of(&self, app: &App, workspace: &Tenant, locale: &str, to: Person, values: &[(&str, &str)], path: &str) -> Mail {
        self.looking(app, Looks::of(app, workspace), locale, to, values, path)
    }

    fn looking(&self, app: &App, looks: Looks, locale: &str, to: Person, values: &[(&str, &str)], path: &str) -> Mail {
        let catalogue = catalogue(locale);
        let parts = Parts { kind: self.kind, texts: self.texts(catalogue.lang), values, facts: Vec::new(), link: app.config.link(path) };
        write_in(catalogue, to, parts, looks)
    }
}

pub(super) const fn texts(subject: &'static str, paragraphs: &'static [&'static str], button: &'static str, footer: &'static str) -> Texts {
    Texts { subject, paragraphs, button, footer }
}

/// To the new address.
pub static EMAIL_CHANGE_CONFIRM: Notice = Notice {
    kind: "email_change_confirm",
    en: texts(
        "Confirm your new e-mail address",
        &[
            "You want to use this address for your Atrium account. Confirm it, and you sign in with it from then on.",
            "The link works once, for 24 hours.",
        ],
        "Confirm address",
        "If you did not ask for this, ignore this mail. Nothing changes without your confirmation.",
    ),
    nl: texts(
        "Bevestig uw nieuwe e-mailadres",
        &[
            "U wilt dit adres gebruiken voor uw Atrium-account. Bevestig het, en u meldt zich er voortaan mee aan.",
            "De link werkt één keer, 24 uur lang.",
        ],
        "Adres bevestigen",
        "Hebt u hier niet om gevraagd, negeer deze mail dan. Zonder uw bevestiging verandert er niets.",
    ),
    pt_br: texts(
        "Confirme seu novo e-mail",
        &[
            "Você quer usar este endereço na sua conta do Atrium. Confirme-o e passe a entrar com ele.",
            "O link funciona uma vez, por 24 horas.",
        ],
        "Confirmar endereço",
        "Se você não pediu isto, ignore esta mensagem. Nada muda sem a sua confirmação.",
    ),
};

/// To the old address, when a change is asked for.
pub static EMAIL_CHANGE_ASKED: Notice = Notice {
    kind: "email_change_asked",
    en: texts(
        "Your e-mail address is about to change",
        &[
            "Somebody signed in to your account asked to change its address to {email}. It counts once that address is confirmed.",
            "If it was not you, set a new password now: that stops the change and signs everybody out.",
        ],
        "Set a new password",
        "If it was you, there is nothing to do here.",
    ),
    nl: texts(
        "Uw e-mailadres gaat veranderen",
        &[
            "Iemand die bij uw account is aangemeld, vroeg om het adres te wijzigen in {email}. Dat telt zodra dat adres is bevestigd.",
            "Was u het niet, stel dan nu een nieuw wachtwoord in: dat houdt de wijziging tegen en meldt iedereen af.",
        ],
        "Nieuw wachtwoord instellen",
        "Was u het zelf, dan hoeft u niets te doen.",
    ),
    pt_br: texts(
        "Seu e-mail está para mudar",
        &[
            "Alguém conectado à sua conta pediu para mudar o endereço para {email}. A mudança vale quando esse endereço for confirmado.",
            "Se não foi você, defina uma nova senha agora: isso impede a mudança e desconecta todos.",
        ],
        "Definir nova senha",
        "Se foi você, não há nada a fazer.",
    ),
};

/// To the old address, when it has changed.
pub static EMAIL_CHANGED: Notice = Notice {
    kind: "email_changed",
    en: texts(
        "Your e-mail address has changed",
        &[
            "Your Atrium account now has the address {email}. You no longer sign in with this one.",
            "If it was not you, ask whoever runs this Atrium to help at once.",
        ],
        "Open Atrium",
        "This mail went to your former address for your safety.",
    ),
    nl: texts(
        "Uw e-mailadres is gewijzigd",
        &[
            "Uw Atrium-account heeft nu het adres {email}. U meldt zich niet meer met dit adres aan.",
            "Was u het niet, vraag dan meteen hulp aan de beheerder van deze Atrium.",
        ],
        "Atrium openen",
        "Deze mail ging voor uw veiligheid naar uw vorige adres.",
    ),
    pt_br: texts(
        "Seu e-mail mudou",
        &[
            "Sua conta do Atrium agora tem o endereço {email}. Você não entra mais com este.",
            "Se não foi você, peça ajuda imediatamente a quem administra este Atrium.",
        ],
        "Abrir o Atrium",
        "Esta mensagem foi para o endereço anterior por segurança.",
    ),
};

/// An administrator of the instance took an account out of use.
pub static ACCOUNT_STOPPED: Notice = Notice {
    kind: "account_stopped",
    en: texts(
        "Your account was taken out of use",
        &["Whoever runs this Atrium has taken your account out of use, and you were signed out everywhere. The reason given:", "{reason}"],
        "Open Atrium",
        "Reply to whoever runs this Atrium if you think this is a mistake.",
    ),
    nl: texts(
        "Uw account is buiten gebruik gesteld",
        &[
            "De beheerder van deze Atrium heeft uw account buiten gebruik gesteld en u bent overal afgemeld. De opgegeven reden:",
            "{reason}",
        ],
        "Atrium openen",
        "Denkt u dat dit een vergissing is, neem dan contact op met de beheerder.",
    ),
    pt_br: texts(
        "Sua conta foi desativada",
        &["Quem administra este Atrium desativou sua conta, e você foi desconectado de todos os lugares. O motivo informado:", "{reason}"],
        "Abrir o Atrium",
        "Se você acha que é um engano, fale com quem administra este Atrium.",
    ),
};

pub static ACCOUNT_RESTORED: Notice = Notice {
    kind: "account_restored",
    en: texts(
        "Your account works again",
        &["Your Atrium account is active again. Sign in as usual."],
        "Sign in",
        "You get this mail because the account has your address.",
    ),
    nl: texts(
        "Uw account werkt weer",
        &["Uw Atrium-account is weer actief. Meld u aan zoals altijd."],
        "Aanmelden",
        "U krijgt deze mail omdat het account uw adres heeft.",
    ),
    pt_br: texts(
        "Sua conta voltou a funcionar",
        &["Sua conta do Atrium está ativa de novo. Entre como de costume."],
        "Entrar",
        "Você recebe esta mensagem porque a conta tem o seu endereço.",
    ),
};

/// The user closed his or her own account.
pub static ACCOUNT_CLOSED: Notice = Notice {
    kind: "account_closed",
    en: texts(
        "Your account is closed",
        &["You closed your Atrium account. On {date} all that is known of you is erased.", "Until then you can come back with this link."],
        "Restore my account",
        "If it was not you, restore the account and set a new password.",
    ),
    nl: texts(
        "Uw account is gesloten",
        &[
            "U hebt uw Atrium-account gesloten. Op {date} wordt alles gewist wat van u bekend is.",
            "Tot dan kunt u terugkomen met deze link.",
        ],
        "Mijn account herstellen",
        "Was u het niet, herstel het account dan en stel een nieuw wachtwoord in.",
    ),
    pt_br: texts(
        "Sua conta está encerrada",
        &[
            "Você encerrou sua conta do Atrium. Em {date}, tudo o que se sabe de você será apagado.",
            "Até lá você pode voltar com este link.",
        ],
        "Restaurar minha conta",
        "Se não foi você, restaure a conta e defina uma nova senha.",
    ),
};

pub static TENANT_SUSPENDED: Notice = Notice {
    kind: "tenant_suspended",
    en: texts(
        "{workspace} was suspended",
        &[
            "Whoever runs this Atrium has suspended the workspace {workspace}. Nobody can get in, its pages are closed and nothing is sent. The reason given:",
            "{reason}",
        ],
        "Open Atrium",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{workspace} is geblokkeerd",
        &[
            "De beheerder van deze Atrium heeft de werkruimte {workspace} geblokkeerd. Niemand kan erin, de pagina's zijn dicht en er wordt niets verstuurd. De opgegeven reden:",
            "{reason}",
        ],
        "Atrium openen",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} foi suspenso",
        &[
            "Quem administra este Atrium suspendeu o espaço de trabalho {workspace}. Ninguém entra, as páginas estão fechadas e nada é enviado. O motivo informado:",
            "{reason}",
        ],
        "Abrir o Atrium",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static TENANT_RESTORED: Notice = Notice {
    kind: "tenant_restored",
    en: texts(
        "{workspace} is open again",
        &["The workspace {workspace} can be used again. What waited while it was closed goes out now."],
        "Open Atrium",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{workspace} is weer open",
        &["De werkruimte {workspace} kan weer worden gebruikt. Wat wachtte terwijl ze dicht was, gaat nu de deur uit."],
        "Atrium openen",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} está aberto de novo",
        &["O espaço de trabalho {workspace} pode ser usado de novo. O que esperava enquanto estava fechado sai agora."],
        "Abrir o Atrium",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static TENANT_DELETION: Notice = Notice {
    kind: "tenant_deletion",
    en: texts(
        "{workspace} will be deleted",
        &[
            "{person} asked to delete the workspace {workspace}. It is closed now, and on {date} all its data is erased for good.",
            "Until then each owner can call it off: sign in and choose the workspace in the list of workspaces.",
        ],
        "Open Atrium",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{workspace} wordt verwijderd",
        &[
            "{person} vroeg om de werkruimte {workspace} te verwijderen. Ze is nu dicht, en op {date} worden alle gegevens voorgoed gewist.",
            "Tot dan kan elke eigenaar het afblazen: meld u aan en kies de werkruimte in de lijst van werkruimten.",
        ],
        "Atrium openen",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} será excluído",
        &[
            "{person} pediu para excluir o espaço de trabalho {workspace}. Ele está fechado agora, e em {date} todos os dados serão apagados de vez.",
            "Até lá, qualquer proprietário pode cancelar: entre e escolha o espaço na lista de espaços de trabalho.",
        ],
        "Abrir o Atrium",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static TENANT_DELETION_CANCELLED: Notice = Notice {
    kind: "tenant_deletion_cancelled",
    en: texts(
        "{workspace} stays",
        &["{person} called off the deletion of the workspace {workspace}. It is open again, with all its data."],
        "Open Atrium",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{workspace} blijft",
        &["{person} heeft de verwijdering van de werkruimte {workspace} afgeblazen. Ze is weer open, met alle gegevens."],
        "Atrium openen",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} continua",
        &["{person} cancelou a exclusão do espaço de trabalho {workspace}. Ele está aberto de novo, com todos os dados."],
        "Abrir o Atrium",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static TENANT_ERASED: Notice = Notice {
    kind: "tenant_erased",
    en: texts(
        "{workspace} is being erased",
        &["The time to call it off is over: all data of the workspace {workspace} is being erased for good."],
        "Open Atrium",
        "You get this mail as a former owner of the workspace.",
    ),
    nl: texts(
        "{workspace} wordt gewist",
        &["De tijd om het af te blazen is voorbij: alle gegevens van de werkruimte {workspace} worden nu voorgoed gewist."],
        "Atrium openen",
        "U krijgt deze mail als voormalig eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} está sendo apagado",
        &["O prazo para cancelar acabou: todos os dados do espaço de trabalho {workspace} estão sendo apagados de vez."],
        "Abrir o Atrium",
        "Você recebe esta mensagem como ex-proprietário do espaço de trabalho.",
    ),
};

pub static OWNERSHIP_OFFERED: Notice = Notice {
    kind: "ownership_offered",
    en: texts(
        "{person} wants to hand {workspace} over to you",
        &[
            "{person} offers you the ownership of the workspace {workspace}. Once you accept, you are its owner, and {person} is an administrator.",
            "The offer stands for seven days.",
        ],
        "See the offer",
        "Nothing changes until you accept.",
    ),
    nl: texts(
        "{person} wil {workspace} aan u overdragen",
        &[
            "{person} biedt u het eigendom van de werkruimte {workspace} aan. Neemt u het aan, dan bent u eigenaar en is {person} beheerder.",
            "Het aanbod staat zeven dagen.",
        ],
        "Aanbod bekijken",
        "Er verandert niets totdat u het aanneemt.",
    ),
    pt_br: texts(
        "{person} quer passar {workspace} para você",
        &[
            "{person} oferece a você a propriedade do espaço de trabalho {workspace}. Ao aceitar, você passa a ser proprietário, e {person}, administrador.",
            "A oferta vale por sete dias.",
        ],
        "Ver a oferta",
        "Nada muda até você aceitar.",
    ),
};

pub static OWNERSHIP_TRANSFERRED: Notice = Notice {
    kind: "ownership_transferred",
    en: texts(
        "{workspace} has another owner",
        &["{person} accepted the ownership of the workspace {workspace}."],
        "Open Atrium",
        "You get this mail as an owner or former owner of the workspace.",
    ),
    nl: texts(
        "{workspace} heeft een andere eigenaar",
        &["{person} heeft het eigendom van de werkruimte {workspace} aangenomen."],
        "Atrium openen",
        "U krijgt deze mail als eigenaar of voormalig eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} tem outro proprietário",
        &["{person} aceitou a propriedade do espaço de trabalho {workspace}."],
        "Abrir o Atrium",
        "Você recebe esta mensagem como proprietário ou ex-proprietário do espaço de trabalho.",
    ),
};

pub static EXPORT_READY: Notice = Notice {
    kind: "data_export_ready",
    en: texts(
        "Your data is ready",
        &["The export of all that Atrium knows of you is ready. You can download it for seven days."],
        "Download",
        "If you did not ask for it, end your sessions and set a new password.",
    ),
    nl: texts(
        "Uw gegevens staan klaar",
        &["De export van alles wat Atrium van u weet, staat klaar. U kunt hem zeven dagen lang downloaden."],
        "Downloaden",
        "Hebt u hier niet om gevraagd, beëindig dan uw sessies en stel een nieuw wachtwoord in.",
    ),
    pt_br: texts(
        "Seus dados estão prontos",
        &["A exportação de tudo o que o Atrium sabe de você está pronta. Você pode baixá-la por sete dias."],
        "Baixar",
        "Se você não pediu isto, encerre suas sessões e defina uma nova senha.",
    ),
};

#[cfg(test)]
mod tests {
    use super::super::{company, domains, fill, hosting, subscriptions, suspicions};
    use super::*;

    #[test]
    fn every_language_says_the_same_and_leaves_no_key() {
        let all = [
            &EMAIL_CHANGE_CONFIRM,
            &EMAIL_CHANGE_ASKED,
            &EMAIL_CHANGED,
            &ACCOUNT_STOPPED,
            &ACCOUNT_RESTORED,
            &ACCOUNT_CLOSED,
            &TENANT_SUSPENDED,
            &TENANT_RESTORED,
            &TENANT_DELETION,
            &TENANT_DELETION_CANCELLED,
            &TENANT_ERASED,
            &OWNERSHIP_OFFERED,
            &OWNERSHIP_TRANSFERRED,
            &EXPORT_READY,
            &suspicions::NEW_PLACE,
            &suspicions::NEW_COUNTRY,
            &suspicions::MANY_FAILURES,
            &suspicions::MANY_EXPORTS,
            &suspicions::MEMBER_SUSPICIOUS,
            &company::DOMAIN_CODE,
            &company::LINKED,
            &hosting::LEASE_REQUESTED,
            &hosting::LEASE_GRANTED,
            &subscriptions::TRIAL_ENDS,
            &subscriptions::TRIAL_ENDED,
            &subscriptions::PAST_DUE,
            &subscriptions::UNPAID,
            &subscriptions::SUBSCRIPTION_ENDS,
            &subscriptions::SUBSCRIPTION_ENDED,
            &domains::DOMAIN_VERIFIED,
            &domains::DOMAIN_FAILING,
            &domains::DOMAIN_LOST,
            &domains::DOMAIN_REMOVED,
        ];
        let values = ["email", "reason", "date", "workspace", "person", "device", "address", "what", "domain", "code", "provider"]
            .map(|key| (key, ""));
        for notice in all {
            for texts in [&notice.en, &notice.nl, &notice.pt_br] {
                assert_eq!(texts.paragraphs.len(), notice.en.paragraphs.len(), "{}", notice.kind);
                for text in texts.paragraphs.iter().chain([&texts.subject, &texts.button, &texts.footer]) {
                    assert!(!fill(text, &values).contains('{'), "{text}");
                }
            }
            assert!(notice.nl.subject != notice.en.subject && notice.pt_br.subject != notice.en.subject);
        }
    }
}
