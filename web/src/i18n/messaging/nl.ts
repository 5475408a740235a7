/** Waarvan leden in de app bericht krijgen, in het Nederlands. */
import type { messaging as english } from "./en";

const plural = new Intl.PluralRules("nl");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const messaging: typeof english = {
  notifications: {
    title: "Meldingen",
    unread: (count) => n(count, "ongelezen melding", "ongelezen meldingen"),
    more: "99+",
    fresh: "Ongelezen",
    earlier: "Eerder",
    all: "Alle",
    everything: "Alles bekijken",
    preferences: "Waarvan je bericht krijgt",
    emptyTitle: "Je bent bij",
    emptyText: "Wat anderen met je boekingen doen, en wat je account aangaat, verschijnt hier.",
    noneTitle: "Hier is niets",
    noneText: "Er is geen melding van dien aard. Gelezen meldingen verdwijnen na 90 dagen.",
    markRead: "Als gelezen markeren",
    markUnread: "Als ongelezen markeren",
    markAll: "Alles als gelezen markeren",
    allRead: "Alles is als gelezen gemarkeerd",
    isUnread: "Ongelezen",
    group: "Over",
    groups: { bookings: "Boekingen", workspace: "Werkruimte", system: "Systeem", security: "Beveiliging" },
    by: (name) => `door ${name}`,
    suspicions: {
      new_country: "een aanmelding vanuit een ander land",
      new_place: "een aanmelding vanaf een nieuwe plek",
      many_failures: "veel mislukte aanmeldingen",
      many_exports: "veel exporten van gegevens",
    },
    other: (kind) => `Er is iets gebeurd: ${kind}`,
    kinds: {
      "booking.created": (who, what) => `${who} boekte ${what}`,
      "booking.requested": (who, what) => `${who} vraagt om ${what}`,
      "booking.confirmed": (who, what) => `${what} met ${who} is bevestigd`,
      "booking.declined": (who, what) => `${what} met ${who} is afgewezen`,
      "booking.cancelled": (who, what) => `${what} met ${who} is geannuleerd`,
      "booking.restored": (who, what) => `${what} met ${who} staat weer`,
      "booking.rescheduled": (who, what) => `${what} met ${who} is verzet`,
      "booking.reassigned": (who, what) => `${what} met ${who} is overgedragen`,
      "invitation.accepted": (who) => `${who} nam je uitnodiging aan`,
      "invitation.declined": (who) => `${who} sloeg je uitnodiging af`,
      "member.roles_changed": (who, what) => `${who} veranderde wat je mag: ${what}`,
      "member.reinstated": (who) => `${who} maakte je lidmaatschap weer actief`,
      "member.suspicious": (who, what) => `Let op het account van ${who}: ${what}`,
      "oauth_client.created": (who, what) => `${who} registreerde de app ${what}`,
      "ownership.offered": (who) => `${who} biedt je de werkruimte aan`,
      "ownership.transferred": (who) => `${who} is nu eigenaar van de werkruimte`,
      "tenant.deletion_requested": (who, what) => `${who} wil de werkruimte laten verwijderen op ${what}`,
      "tenant.deletion_cancelled": (who) => `${who} trok het verwijderen van de werkruimte in`,
      "job.failed": (_who, what) => `Een achtergrondtaak gaf het op: ${what}`,
      "message.received": (_who, what) => what,
      "message_template.failed": (_who, what) =>
        `De tekst “${what}” kon niet worden gebruikt: de gewone woorden zijn verstuurd`,
      "webhook_endpoint.disabled": (_who, what) => `De webhook naar ${what} is uitgeschakeld`,
      "mail.failed": () => "Mails van de werkruimte konden niet worden verstuurd",
      "account.access_token_created": (_who, what) => `Er is een toegangstoken gemaakt: ${what}`,
      "account.data_export_ready": () => "De export van je gegevens staat klaar",
      "account.email_change_requested": () => "Er is om een nieuw e-mailadres gevraagd",
      "account.email_changed": () => "Je e-mailadres is gewijzigd",
      "account.oauth_consent_given": (_who, what) => `Je liet een app namens jou handelen: ${what}`,
      "account.oauth_family_ended": () => "Een app is afgemeld: haar token werd twee keer gebruikt",
      "account.passkey_added": (_who, what) => `Er is een passkey toegevoegd: ${what}`,
      "account.passkey_counter_went_back": () => "Een passkey is geweigerd: misschien is hij gekopieerd",
      "account.passkey_removed": (_who, what) => `Er is een passkey verwijderd: ${what}`,
      "account.password_changed": () => "Je wachtwoord is gewijzigd",
      "account.password_reset": () => "Je wachtwoord is opnieuw ingesteld via een link in een mail",
      "account.recovery_codes_replaced": () => "Je herstelcodes zijn opnieuw gemaakt",
      "account.suspicious_activity": (_who, what) => `Was jij dit? Er was ${what}`,
      "account.totp_added": () => "Er is een authenticator-app ingesteld",
      "account.totp_removed": () => "De authenticator-app is verwijderd",
    },
    somebody: "Iemand",
  },
  notificationSettings: {
    text: "Voor deze werkruimte. Wijzigingen worden meteen bewaard.",
    inApp: "In de app",
    email: "Per mail",
    about: {
      bookings: "Nieuwe, gewijzigde en geannuleerde boekingen, per mail met een agendabestand",
      workspace: "Je rechten, uitnodigingen, eigendom en apps",
      system: "Wat niet lukte, en wat voor je klaarstaat",
      security:
        "Aanmeldingen, wachtwoorden, factoren en tokens. Dit kan niet uit: zo kom je een inbraak te weten.",
    },
    reminder: "Herinnering per mail",
    reminderText:
      "Hoe lang voor een boeking zij komt: voor boekingen die vanaf nu worden gemaakt of verzet, waar je mails over boekingen krijgt.",
    before: (minutes) =>
      minutes % 1440 === 0
        ? n(minutes / 1440, "dag ervoor", "dagen ervoor")
        : minutes % 60 === 0
          ? n(minutes / 60, "uur ervoor", "uur ervoor")
          : n(minutes, "minuut ervoor", "minuten ervoor"),
    quiet: "Niet storen",
    quietText:
      "In deze uren, in je eigen tijdzone, wachten meldingen zonder bericht op het scherm, net als mails over boekingen die meer dan een dag later beginnen.",
    enabled: "Stil houden",
    from: "Van",
    until: "Tot",
    saved: "Bewaard",
    same: "Het einde moet anders zijn dan het begin",
  },
};
