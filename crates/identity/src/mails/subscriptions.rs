//! Mails to owners about their subscription, each in its languages beside each other.

use super::notices::{Notice, texts};

pub static TRIAL_ENDS: Notice = Notice {
    kind: "trial_ends",
    en: texts(
        "The trial of {workspace} ends on {date}",
        &[
            "The workspace {workspace} is on trial until {date}. To keep it as it is, agree on a plan with whoever hosts this Atrium.",
            "After the trial everything goes on for 14 days more. Then the workspace can be read and not changed, and its public pages close, until it is paid for. Nothing is lost.",
        ],
        "See the workspace's plan",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "De proefperiode van {workspace} eindigt op {date}",
        &[
            "De werkruimte {workspace} is op proef tot {date}. Om haar te houden zoals ze is, spreekt u een abonnement af met de beheerder van deze Atrium.",
            "Na de proefperiode gaat alles nog 14 dagen door. Daarna is de werkruimte te lezen en niet te wijzigen, en zijn de openbare pagina's dicht, tot ervoor betaald is. Er gaat niets verloren.",
        ],
        "Het abonnement bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "O período de teste de {workspace} termina em {date}",
        &[
            "O espaço de trabalho {workspace} está em teste até {date}. Para mantê-lo como está, combine um plano com quem administra este Atrium.",
            "Depois do teste tudo continua por mais 14 dias. Em seguida o espaço pode ser lido e não alterado, e suas páginas públicas fecham, até que seja pago. Nada se perde.",
        ],
        "Ver o plano do espaço",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static TRIAL_ENDED: Notice = Notice {
    kind: "trial_ended",
    en: texts(
        "The trial of {workspace} has ended",
        &[
            "The trial of the workspace {workspace} has ended. Everything goes on as before until {date}.",
            "Then the workspace can be read and not changed, and its public pages close, until it is paid for. Nothing is lost. Whoever hosts this Atrium tells you how it goes on.",
        ],
        "See the workspace's plan",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "De proefperiode van {workspace} is voorbij",
        &[
            "De proefperiode van de werkruimte {workspace} is voorbij. Alles gaat door tot {date}.",
            "Daarna is de werkruimte te lezen en niet te wijzigen, en zijn de openbare pagina's dicht, tot ervoor betaald is. Er gaat niets verloren. De beheerder van deze Atrium vertelt u hoe het verdergaat.",
        ],
        "Het abonnement bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "O período de teste de {workspace} terminou",
        &[
            "O período de teste do espaço de trabalho {workspace} terminou. Tudo continua como antes até {date}.",
            "Depois o espaço pode ser lido e não alterado, e suas páginas públicas fecham, até que seja pago. Nada se perde. Quem administra este Atrium diz como continuar.",
        ],
        "Ver o plano do espaço",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static PAST_DUE: Notice = Notice {
    kind: "subscription_past_due",
    en: texts(
        "{workspace} is not paid for",
        &[
            "The period that was paid for {workspace} is over. Everything goes on as before until {date}.",
            "Then the workspace can be read and not changed, and its public pages close, until it is paid for. Nothing is lost. Whoever hosts this Atrium tells you how to pay.",
        ],
        "See the workspace's plan",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "Voor {workspace} is niet betaald",
        &[
            "De periode waarvoor voor {workspace} is betaald, is voorbij. Alles gaat door tot {date}.",
            "Daarna is de werkruimte te lezen en niet te wijzigen, en zijn de openbare pagina's dicht, tot ervoor betaald is. Er gaat niets verloren. De beheerder van deze Atrium vertelt u hoe u betaalt.",
        ],
        "Het abonnement bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} não está pago",
        &[
            "O período pago de {workspace} terminou. Tudo continua como antes até {date}.",
            "Depois o espaço pode ser lido e não alterado, e suas páginas públicas fecham, até que seja pago. Nada se perde. Quem administra este Atrium diz como pagar.",
        ],
        "Ver o plano do espaço",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static UNPAID: Notice = Notice {
    kind: "subscription_unpaid",
    en: texts(
        "{workspace} can only be read now",
        &[
            "The workspace {workspace} was not paid for. It can be read and not changed, and its public pages are closed, until whoever hosts this Atrium opens it again.",
            "Nothing is lost: you can look at everything, hand out what is known of people, and delete the workspace.",
        ],
        "See the workspace's plan",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "{workspace} is nu alleen te lezen",
        &[
            "Voor de werkruimte {workspace} is niet betaald. Ze is te lezen en niet te wijzigen, en de openbare pagina's zijn dicht, tot de beheerder van deze Atrium haar weer opent.",
            "Er gaat niets verloren: u kunt alles bekijken, gegevens van personen verstrekken en de werkruimte verwijderen.",
        ],
        "Het abonnement bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "{workspace} agora só pode ser lido",
        &[
            "O espaço de trabalho {workspace} não foi pago. Ele pode ser lido e não alterado, e suas páginas públicas estão fechadas, até que quem administra este Atrium o abra de novo.",
            "Nada se perde: você pode ver tudo, entregar o que se sabe das pessoas e excluir o espaço.",
        ],
        "Ver o plano do espaço",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static SUBSCRIPTION_ENDS: Notice = Notice {
    kind: "subscription_ends",
    en: texts(
        "The subscription of {workspace} ends on {date}",
        &[
            "The subscription of the workspace {workspace} is cancelled and runs until {date}.",
            "From then on the workspace can be read and not changed, and its public pages close. Nothing is lost. To go on, tell whoever hosts this Atrium.",
        ],
        "See the workspace's plan",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "Het abonnement van {workspace} eindigt op {date}",
        &[
            "Het abonnement van de werkruimte {workspace} is opgezegd en loopt tot {date}.",
            "Vanaf dan is de werkruimte te lezen en niet te wijzigen, en zijn de openbare pagina's dicht. Er gaat niets verloren. Wilt u doorgaan, laat het de beheerder van deze Atrium weten.",
        ],
        "Het abonnement bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "A assinatura de {workspace} termina em {date}",
        &[
            "A assinatura do espaço de trabalho {workspace} foi cancelada e vale até {date}.",
            "A partir daí o espaço pode ser lido e não alterado, e suas páginas públicas fecham. Nada se perde. Para continuar, avise quem administra este Atrium.",
        ],
        "Ver o plano do espaço",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};

pub static SUBSCRIPTION_ENDED: Notice = Notice {
    kind: "subscription_ended",
    en: texts(
        "The subscription of {workspace} is over",
        &[
            "The subscription of the workspace {workspace} ended on {date}. The workspace can be read and not changed, and its public pages are closed.",
            "Nothing is lost: you can look at everything, hand out what is known of people, and delete the workspace. To go on, tell whoever hosts this Atrium.",
        ],
        "See the workspace's plan",
        "You get this mail as an owner of the workspace.",
    ),
    nl: texts(
        "Het abonnement van {workspace} is afgelopen",
        &[
            "Het abonnement van de werkruimte {workspace} eindigde op {date}. De werkruimte is te lezen en niet te wijzigen, en de openbare pagina's zijn dicht.",
            "Er gaat niets verloren: u kunt alles bekijken, gegevens van personen verstrekken en de werkruimte verwijderen. Wilt u doorgaan, laat het de beheerder van deze Atrium weten.",
        ],
        "Het abonnement bekijken",
        "U krijgt deze mail als eigenaar van de werkruimte.",
    ),
    pt_br: texts(
        "A assinatura de {workspace} terminou",
        &[
            "A assinatura do espaço de trabalho {workspace} terminou em {date}. O espaço pode ser lido e não alterado, e suas páginas públicas estão fechadas.",
            "Nada se perde: você pode ver tudo, entregar o que se sabe das pessoas e excluir o espaço. Para continuar, avise quem administra este Atrium.",
        ],
        "Ver o plano do espaço",
        "Você recebe esta mensagem como proprietário do espaço de trabalho.",
    ),
};
