//! Mails about a workspace's own provider, each in its languages beside each other.

use super::notices::{Notice, texts};

/// Whoever gets it reads the mail of a mailbox that is kept for who runs the domain.
pub static DOMAIN_CODE: Notice = Notice {
    kind: "domain_code",
    en: texts(
        "Code for {domain}",
        &[
            "{person} of the workspace {workspace} says that the domain {domain} is theirs. If that is so, give them this code:",
            "{code}",
            "With it, people with addresses of the domain can sign in there by the company's own provider. It counts for 24 hours.",
        ],
        "Open Atrium",
        "If you know nothing of it, keep the code to yourself. Nothing happens without it.",
    ),
    nl: texts(
        "Code voor {domain}",
        &[
            "{person} van de werkruimte {workspace} zegt dat het domein {domain} van hen is. Klopt dat, geef hun dan deze code:",
            "{code}",
            "Daarmee kunnen mensen met adressen van het domein daar inloggen met de provider van het bedrijf. Hij geldt 24 uur.",
        ],
        "Atrium openen",
        "Weet u hier niets van, houd de code dan voor u. Zonder code gebeurt er niets.",
    ),
    pt_br: texts(
        "Código para {domain}",
        &[
            "{person}, do espaço de trabalho {workspace}, diz que o domínio {domain} é deles. Se for verdade, passe este código:",
            "{code}",
            "Com ele, pessoas com endereços do domínio podem entrar lá pelo provedor da própria empresa. Vale por 24 horas.",
        ],
        "Abrir o Atrium",
        "Se você não sabe do que se trata, guarde o código para si. Sem ele nada acontece.",
    ),
};

/// To a member, when the account was first signed in to, or linked, by the workspace's provider.
pub static LINKED: Notice = Notice {
    kind: "company_identity_linked",
    en: texts(
        "Your company's account opens {workspace}",
        &[
            "From now on you can sign in to the workspace {workspace} with {provider}. It opens that workspace and nothing else of your account.",
            "If it was not you, unlink it in your security settings and tell an owner of the workspace.",
        ],
        "See how you sign in",
        "These mails keep your account safe and cannot be switched off.",
    ),
    nl: texts(
        "Uw bedrijfsaccount opent {workspace}",
        &[
            "Vanaf nu kunt u bij de werkruimte {workspace} inloggen met {provider}. Dat opent die werkruimte en verder niets van uw account.",
            "Was u het niet, ontkoppel het dan in uw beveiligingsinstellingen en meld het aan een eigenaar van de werkruimte.",
        ],
        "Zien hoe u inlogt",
        "Deze mails houden uw account veilig en kunnen niet worden uitgezet.",
    ),
    pt_br: texts(
        "A conta da sua empresa abre {workspace}",
        &[
            "A partir de agora você pode entrar no espaço de trabalho {workspace} com {provider}. Isso abre esse espaço e nada mais da sua conta.",
            "Se não foi você, desvincule nas configurações de segurança e avise um proprietário do espaço.",
        ],
        "Ver como você entra",
        "Estas mensagens protegem sua conta e não podem ser desligadas.",
    ),
};
