//! Mails between workspaces and who hosts the instance, each in its languages beside each other.

use super::notices::{Notice, texts};

pub static LEASE_REQUESTED: Notice = Notice {
    kind: "support_lease_requested",
    en: texts(
        "Support asks to be let into {workspace}",
        &[
            "{person}, of the support of this Atrium, asks you to be let into the workspace {workspace} for a time. The reason given:",
            "{reason}",
            "Nobody gets in before an owner grants it. You decide for how long, what may be seen, and whether anything may be changed.",
        ],
        "Answer",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "Support vraagt om toegang tot {workspace}",
        &[
            "{person}, van de support van deze Atrium, vraagt om een tijd toegang tot de werkruimte {workspace}. De opgegeven reden:",
            "{reason}",
            "Niemand komt binnen voordat een eigenaar het toestaat. U bepaalt hoe lang, wat te zien is en of er iets gewijzigd mag worden.",
        ],
        "Antwoorden",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "O suporte pede acesso a {workspace}",
        &[
            "{person}, do suporte deste Atrium, pede acesso por um tempo ao espaço de trabalho {workspace}. O motivo informado:",
            "{reason}",
            "Ninguém entra antes que um proprietário permita. Você decide por quanto tempo, o que pode ser visto e se algo pode ser alterado.",
        ],
        "Responder",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

/// To the administrator of the instance who asked.
pub static LEASE_GRANTED: Notice = Notice {
    kind: "support_lease_granted",
    en: texts(
        "You may enter {workspace}",
        &[
            "The workspace {workspace} lets you in for a time. Everything you do there, looking included, stands in its trail with your name.",
        ],
        "Open the workspace's page",
        "You get this mail because you asked for it.",
    ),
    nl: texts(
        "U kunt {workspace} in",
        &["De werkruimte {workspace} laat u een tijd binnen. Alles wat u daar doet, ook kijken, staat met uw naam in het logboek."],
        "De pagina van de werkruimte openen",
        "U krijgt deze mail omdat u erom vroeg.",
    ),
    pt_br: texts(
        "Você pode entrar em {workspace}",
        &[
            "O espaço de trabalho {workspace} permite sua entrada por um tempo. Tudo o que fizer, inclusive olhar, fica na trilha com seu nome.",
        ],
        "Abrir a página do espaço",
        "Você recebe esta mensagem porque pediu.",
    ),
};
