/** De support van de instantie in een werkruimte toelaten, in het Nederlands. */
import type { support as english, supportCodes as englishCodes } from "./en";

export const support: typeof english = {
  title: "Support",
  text: "Wie deze Atrium beheert, ziet niets van wat u bewaart. Hier leent u de support een deel van de werkruimte voor een tijd. Alles wat ermee gebeurt, ook kijken, staat in het logboek.",
  lend: "Support toelaten",
  grant: "Toestaan",
  decline: "Weigeren",
  takeBack: "Intrekken",
  lent: "Support kan binnenkomen",
  tookBack: "Support is eruit",
  declined: "Het verzoek is geweigerd",
  noneTitle: "Er is niemand toegelaten",
  noneText: "Verzoeken van de support en wat u leende, verschijnen hier.",
  reason: "Reden",
  reasonText: "Staat in het logboek",
  until: "Voor hoe lang",
  untils: { 1: "1 uur", 4: "4 uur", 24: "1 dag", 72: "3 dagen", 168: "7 dagen" },
  mayRead: "Mag zien",
  mayWrite: "Mag wijzigen",
  mayWriteText:
    "Niets, tenzij u het aanvinkt. Verwijderen, bestanden, leden, rollen en beleid worden nooit geleend.",
  personal: "Adressen, telefoonnummers en notities tonen",
  personalText: "Zonder dit zijn ze verborgen. Het is nodig om boekingen of contacten te wijzigen.",
  anyAdministrator: "Elke beheerder van de instantie",
  asks: (name) => `${name} vraagt om toegang`,
  by: (name) => `Toegestaan door ${name}`,
  period: (from, to) => `${from} tot ${to}`,
  hides: "Persoonlijke velden zijn verborgen",
  shows: "Persoonlijke velden zijn te zien",
  statuses: {
    requested: "Gevraagd",
    granted: "Geleend",
    declined: "Geweigerd",
    revoked: "Ingetrokken",
    expired: "Voorbij",
  },
  here: (name, until) => `${name} van de support is in deze werkruimte, uiterlijk tot ${until}.`,
  youAreHere: (workspace, name, until) =>
    `U bent in ${workspace} voor support, toegelaten door ${name} tot ${until}. Alles wat u doet, staat in het logboek.`,
  readOnly: "U kunt kijken, maar niets wijzigen.",
  leave: "Verlaten",
  via: (name) => `support, toegelaten door ${name}`,
  access: "Toegang voor support",
  accessText: "U ziet niets van wat deze werkruimte bewaart totdat een eigenaar u toelaat.",
  ask: "Toegang vragen",
  askText: "De eigenaren krijgen een mail met uw reden.",
  asked: "De eigenaren zijn gevraagd",
  waiting: "Wacht op een eigenaar",
  enter: "Binnengaan",
};

export const supportCodes: typeof englishCodes = {
  support_session: "Dit is niet voor support. Verlaat eerst de werkruimte.",
  personal_fields_hidden:
    "Persoonlijke velden zijn hier voor u verborgen, dus daarop kan niet worden gezocht.",
  lease_requested: "U hebt het al gevraagd, en er is nog niet geantwoord.",
  mail_closed: "Deze mail wordt hier niet bewaard, dus niemand kan hem lezen.",
};
