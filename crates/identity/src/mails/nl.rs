//! Dutch texts.

use super::{Catalogue, Texts};

pub const CATALOGUE: Catalogue = Catalogue {
    lang: "nl",
    hello: "Hallo {name},",
    hello_nobody: "Hallo,",
    verification: Texts {
        subject: "Bevestig je e-mailadres",
        paragraphs: &[
            "Je hebt je met dit adres aangemeld bij Atrium. Bevestig het met het wachtwoord dat je hebt gekozen, en je werkruimte staat klaar.",
            "De link werkt 24 uur.",
        ],
        button: "Adres bevestigen",
        footer: "Heb je je niet aangemeld? Negeer dan deze mail. Zonder jouw bevestiging komt er geen account.",
    },
    account_exists: Texts {
        subject: "Je hebt al een account",
        paragraphs: &[
            "Iemand heeft zich met dit adres aangemeld bij Atrium, misschien jij. Je hebt al een account, dus er is niets veranderd.",
            "Log in zoals altijd. Wachtwoord vergeten? Dan kun je daar een nieuw instellen.",
        ],
        button: "Inloggen",
        footer: "Was jij het niet? Dan hoef je niets te doen: niemand is in je account gekomen.",
    },
    registration_unfinished: Texts {
        subject: "Je aanmelding is niet afgerond",
        paragraphs: &[
            "Je hebt een nieuw wachtwoord gevraagd, maar je aanmelding met dit adres is nooit bevestigd. Er is dus nog geen account.",
            "Meld je opnieuw aan en kies een wachtwoord. De nieuwste aanmelding telt.",
        ],
        button: "Aanmelden",
        footer: "Heb je dit niet gevraagd? Negeer dan deze mail.",
    },
    sign_in_link: Texts {
        subject: "Je link om in te loggen",
        paragraphs: &[
            "Je hebt een link gevraagd waarmee je bij Atrium inlogt. Open hem in de browser waarin je erom vroeg.",
            "In een andere browser is de code nodig die daar in beeld staat. De link werkt één keer, tien minuten lang.",
        ],
        button: "Inloggen",
        footer: "Heb je dit niet gevraagd? Negeer dan deze mail, en geef de link aan niemand.",
    },
    password_reset: Texts {
        subject: "Stel een nieuw wachtwoord in",
        paragraphs: &[
            "Je hebt een nieuw wachtwoord gevraagd voor je Atrium-account.",
            "De link werkt één keer, 30 minuten lang. Met een nieuw wachtwoord word je overal uitgelogd.",
        ],
        button: "Nieuw wachtwoord instellen",
        footer: "Heb je dit niet gevraagd? Negeer dan deze mail. Je wachtwoord blijft zoals het is.",
    },
    password_changed: Texts {
        subject: "Je wachtwoord is gewijzigd",
        paragraphs: &[
            "Het wachtwoord van je Atrium-account is zojuist gewijzigd, en je andere apparaten zijn uitgelogd.",
            "Was jij het? Dan hoef je niets te doen. Zo niet, stel dan meteen een nieuw wachtwoord in.",
        ],
        button: "Ik was het niet",
        footer: "Je krijgt deze mail telkens als je wachtwoord verandert.",
    },
    security_notice: Texts {
        subject: "Beveiliging van uw account: {what}",
        paragraphs: &[
            "{what}. Dit gebeurde zojuist in uw Atrium-account.",
            "Was u dit zelf, dan hoeft u niets te doen. Zo niet, bekijk dan meteen uw account en wijzig uw wachtwoord.",
        ],
        button: "Beveiliging bekijken",
        footer: "U krijgt deze mail telkens als de manier waarop u inlogt verandert.",
    },
    notices: [
        ("totp_added", "Er is een authenticator-app toegevoegd"),
        ("totp_removed", "De authenticator-app is verwijderd"),
        ("passkey_added", "Er is een passkey toegevoegd"),
        ("passkey_removed", "Er is een passkey verwijderd"),
        ("recovery_codes_replaced", "Er zijn nieuwe herstelcodes gemaakt"),
        ("access_token_created", "Er is een toegangstoken gemaakt"),
        ("identity_linked", "Er is een account van een ander bedrijf gekoppeld"),
        ("identity_unlinked", "Er is een account van een ander bedrijf ontkoppeld"),
    ],
    invitation: Texts {
        subject: "{inviter} nodigt je uit voor {workspace}",
        paragraphs: &["{inviter} nodigt je uit om samen te werken in {workspace} op Atrium.", "De link werkt 7 dagen."],
        button: "Uitnodiging bekijken",
        footer: "Ken je de afzender niet? Negeer dan deze mail.",
    },
    workspace: "Werkruimte",
    role: "Je rol",
    invited_by: "Uitgenodigd door",
    message: "Bericht",
    roles: [
        ("owner", "Eigenaar"),
        ("admin", "Beheerder"),
        ("editor", "Redacteur"),
        ("salesperson", "Verkoper"),
        ("contributor", "Medewerker"),
        ("viewer", "Lezer"),
        ("guest", "Gast"),
    ],
};
