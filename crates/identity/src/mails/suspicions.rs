//! Mails about what looks unlike the user, in its languages beside each other.

use super::notices::{Notice, texts};

pub static NEW_PLACE: Notice = Notice {
    kind: "sign_in_new_place",
    en: texts(
        "New sign-in to your account",
        &[
            "Your account was signed in to from a device and a network that it had not been used from before: {device}, address {address}.",
            "If it was not you, end that session and set a new password.",
        ],
        "See your sessions",
        "These mails keep your account safe and cannot be switched off.",
    ),
    nl: texts(
        "Nieuwe aanmelding bij uw account",
        &[
            "Uw account is gebruikt vanaf een apparaat en een netwerk waar het nog niet eerder vandaan kwam: {device}, adres {address}.",
            "Was u het niet, beëindig die sessie dan en stel een nieuw wachtwoord in.",
        ],
        "Uw sessies bekijken",
        "Deze mails houden uw account veilig en kunnen niet worden uitgezet.",
    ),
    pt_br: texts(
        "Novo acesso à sua conta",
        &[
            "Sua conta foi acessada de um aparelho e de uma rede de onde não tinha sido usada antes: {device}, endereço {address}.",
            "Se não foi você, encerre essa sessão e defina uma nova senha.",
        ],
        "Ver suas sessões",
        "Estas mensagens protegem sua conta e não podem ser desligadas.",
    ),
};

pub static NEW_COUNTRY: Notice = Notice {
    kind: "sign_in_new_country",
    en: texts(
        "Sign-in to your account from another country",
        &[
            "Your account was signed in to from a country that it had not been used in before: {device}, address {address}.",
            "If it was not you, end that session and set a new password.",
        ],
        "See your sessions",
        "These mails keep your account safe and cannot be switched off.",
    ),
    nl: texts(
        "Aanmelding bij uw account vanuit een ander land",
        &[
            "Uw account is gebruikt vanuit een land waar het nog niet eerder werd gebruikt: {device}, adres {address}.",
            "Was u het niet, beëindig die sessie dan en stel een nieuw wachtwoord in.",
        ],
        "Uw sessies bekijken",
        "Deze mails houden uw account veilig en kunnen niet worden uitgezet.",
    ),
    pt_br: texts(
        "Acesso à sua conta de outro país",
        &[
            "Sua conta foi acessada de um país onde não tinha sido usada antes: {device}, endereço {address}.",
            "Se não foi você, encerre essa sessão e defina uma nova senha.",
        ],
        "Ver suas sessões",
        "Estas mensagens protegem sua conta e não podem ser desligadas.",
    ),
};

pub static MANY_FAILURES: Notice = Notice {
    kind: "sign_in_many_failures",
    en: texts(
        "Somebody tries to sign in to your account",
        &[
            "There were many attempts to sign in to your account with a wrong password in the last hour. Nobody got in by them.",
            "If you use that password elsewhere too, set a new one here.",
        ],
        "Set a new password",
        "These mails keep your account safe and cannot be switched off.",
    ),
    nl: texts(
        "Iemand probeert zich bij uw account aan te melden",
        &[
            "Het afgelopen uur is er vaak met een verkeerd wachtwoord geprobeerd bij uw account aan te melden. Daarmee is niemand binnengekomen.",
            "Gebruikt u dat wachtwoord ook elders, stel hier dan een nieuw in.",
        ],
        "Nieuw wachtwoord instellen",
        "Deze mails houden uw account veilig en kunnen niet worden uitgezet.",
    ),
    pt_br: texts(
        "Alguém tenta entrar na sua conta",
        &[
            "Na última hora houve muitas tentativas de entrar na sua conta com senha errada. Ninguém entrou com elas.",
            "Se você usa essa senha em outro lugar, defina uma nova aqui.",
        ],
        "Definir nova senha",
        "Estas mensagens protegem sua conta e não podem ser desligadas.",
    ),
};

pub static MANY_EXPORTS: Notice = Notice {
    kind: "many_exports",
    en: texts(
        "Data was exported several times",
        &[
            "Three exports or more were made by your account within a day: of your own data, of contacts or of the audit trail.",
            "If it was not you, end your sessions and set a new password.",
        ],
        "See your sessions",
        "These mails keep your account safe and cannot be switched off.",
    ),
    nl: texts(
        "Er zijn meermaals gegevens geëxporteerd",
        &[
            "Met uw account zijn binnen een dag drie of meer exports gemaakt: van uw eigen gegevens, van contacten of van het logboek.",
            "Was u het niet, beëindig dan uw sessies en stel een nieuw wachtwoord in.",
        ],
        "Uw sessies bekijken",
        "Deze mails houden uw account veilig en kunnen niet worden uitgezet.",
    ),
    pt_br: texts(
        "Dados foram exportados várias vezes",
        &[
            "Sua conta fez três exportações ou mais em um dia: dos seus dados, de contatos ou da trilha de auditoria.",
            "Se não foi você, encerre suas sessões e defina uma nova senha.",
        ],
        "Ver suas sessões",
        "Estas mensagens protegem sua conta e não podem ser desligadas.",
    ),
};

/// To owners and administrators of a workspace that wants it.
pub static MEMBER_SUSPICIOUS: Notice = Notice {
    kind: "member_suspicious",
    en: texts(
        "Unusual activity of {person}",
        &[
            "Something unusual happened with the account of {person}, a member of {workspace}: {what}.",
            "Ask {person} whether it was expected.",
        ],
        "See the members",
        "You get this mail because {workspace} tells its owners and administrators. The settings of the workspace change that.",
    ),
    nl: texts(
        "Ongewone activiteit van {person}",
        &["Er gebeurde iets ongewoons met het account van {person}, lid van {workspace}: {what}.", "Vraag {person} of dat verwacht was."],
        "De leden bekijken",
        "U krijgt deze mail omdat {workspace} het zijn eigenaren en beheerders laat weten. Dat is in te stellen bij de werkruimte.",
    ),
    pt_br: texts(
        "Atividade incomum de {person}",
        &["Algo incomum aconteceu com a conta de {person}, membro de {workspace}: {what}.", "Pergunte a {person} se era esperado."],
        "Ver os membros",
        "Você recebe esta mensagem porque {workspace} avisa seus proprietários e administradores. As configurações do espaço mudam isso.",
    ),
};

/// What a suspicion is called in the mail to administrators.
pub fn suspicion(locale: &str, kind: &str) -> &'static str {
    match (locale, kind) {
        ("nl", "new_country") => "een aanmelding vanuit een ander land",
        ("nl", "new_place") => "een aanmelding vanaf een nieuw apparaat en netwerk",
        ("nl", "many_failures") => "veel mislukte aanmeldingen",
        ("nl", _) => "meerdere exports van gegevens binnen een dag",
        ("pt-BR", "new_country") => "um acesso de outro país",
        ("pt-BR", "new_place") => "um acesso de um aparelho e de uma rede novos",
        ("pt-BR", "many_failures") => "muitas tentativas de acesso sem sucesso",
        ("pt-BR", _) => "várias exportações de dados em um dia",
        (_, "new_country") => "a sign-in from another country",
        (_, "new_place") => "a sign-in from a new device and network",
        (_, "many_failures") => "many failed sign-ins",
        _ => "several exports of data within a day",
    }
}
