//! Mails to owners about domains of their workspace, each in its languages beside each other. `{what}` is the domain.

use super::notices::{Notice, texts};

pub static DOMAIN_VERIFIED: Notice = Notice {
    kind: "domain_verified",
    en: texts(
        "{what} is yours on Atrium",
        &[
            "The domain {what} is proven, and the public pages of {workspace} stand there now. Mails to those who book lead there too.",
            "Keep its TXT record: it is looked at daily.",
        ],
        "See the domain",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{what} is van u bij Atrium",
        &[
            "Het domein {what} is bewezen; de openbare pagina's van {workspace} staan daar nu. Ook mails aan wie boekt, leiden erheen.",
            "Laat het TXT-record staan: er wordt dagelijks naar gekeken.",
        ],
        "Het domein bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{what} é seu no Atrium",
        &[
            "O domínio {what} foi comprovado, e as páginas públicas de {workspace} já estão lá. As mensagens a quem agenda também levam para lá.",
            "Mantenha o registro TXT: ele é conferido todos os dias.",
        ],
        "Ver o domínio",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static DOMAIN_FAILING: Notice = Notice {
    kind: "domain_failing",
    en: texts(
        "The record of {what} is missing",
        &[
            "The TXT record that proves the domain {what} of {workspace} was not found today.",
            "If it is not back by {date}, the public pages of the workspace no longer stand there, and links in mails go to their usual address.",
        ],
        "See the domain",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "Het record van {what} ontbreekt",
        &[
            "Het TXT-record dat het domein {what} van {workspace} bewijst, is vandaag niet gevonden.",
            "Is het op {date} niet terug, dan staan de openbare pagina's van de werkruimte er niet meer en gaan links in mails naar het gewone adres.",
        ],
        "Het domein bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "O registro de {what} não foi encontrado",
        &[
            "O registro TXT que comprova o domínio {what} de {workspace} não foi encontrado hoje.",
            "Se ele não voltar até {date}, as páginas públicas do espaço deixam de estar lá, e os links das mensagens vão para o endereço de sempre.",
        ],
        "Ver o domínio",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static DOMAIN_LOST: Notice = Notice {
    kind: "domain_lost",
    en: texts(
        "{what} no longer leads to your pages",
        &[
            "The domain {what} of {workspace} is no longer proven, so the public pages of the workspace do not stand there any more. They are at their usual address.",
            "To have it back, put its TXT record in place and have it checked again.",
        ],
        "See the domain",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{what} leidt niet meer naar uw pagina's",
        &[
            "Het domein {what} van {workspace} is niet meer bewezen, dus de openbare pagina's van de werkruimte staan er niet meer. Ze staan op hun gewone adres.",
            "Wilt u het terug, zet dan het TXT-record terug en laat het opnieuw controleren.",
        ],
        "Het domein bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{what} não leva mais às suas páginas",
        &[
            "O domínio {what} de {workspace} não está mais comprovado, por isso as páginas públicas do espaço não estão mais lá. Elas estão no endereço de sempre.",
            "Para tê-lo de volta, recoloque o registro TXT e mande conferir de novo.",
        ],
        "Ver o domínio",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static DOMAIN_REMOVED: Notice = Notice {
    kind: "domain_removed",
    en: texts(
        "{what} was removed from {workspace}",
        &[
            "{person} removed the domain {what} from the workspace {workspace}. Its public pages do not stand there any more; they are at their usual address.",
            "Take its records out of your DNS, so that nothing leads here.",
        ],
        "See the domain",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{what} is van {workspace} verwijderd",
        &[
            "{person} heeft het domein {what} van de werkruimte {workspace} verwijderd. De openbare pagina's staan er niet meer; ze staan op hun gewone adres.",
            "Haal de records uit uw DNS, zodat er niets meer hierheen leidt.",
        ],
        "Het domein bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{what} foi removido de {workspace}",
        &[
            "{person} removeu o domínio {what} do espaço de trabalho {workspace}. As páginas públicas não estão mais lá; estão no endereço de sempre.",
            "Retire os registros do seu DNS, para que nada leve para cá.",
        ],
        "Ver o domínio",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};
