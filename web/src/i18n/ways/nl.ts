/** Andere manieren om in te loggen dan met wachtwoord en passkey, in het Nederlands. */
import type { ways as english, waysCodes as englishCodes } from "./en";

export const ways: typeof english = {
  with: (provider) => `Verder met ${provider}`,
  fromTitle: "Bezig met inloggen",
  fromText: "Een ogenblik.",
  failedTitle: "Dat lukte niet",
  newTitle: "Aangenaam",
  newText: (who, provider) => `Hier is nog niemand bekend als ${who} van ${provider}.`,
  haveAccount: (provider) => `Ik heb een account: inloggen en ${provider} koppelen`,
  join: "Uitnodiging aannemen",
  consent:
    "Met je account stem je ermee in dat deze Atrium je naam, je adres en wanneer en vanwaar je inlogt bewaart, zolang het account bestaat.",
  waiting: (provider) => `Log in, dan wordt ${provider} aan je account gekoppeld.`,
  dontLink: "Niet koppelen",
  linked: (provider) => `${provider} is gekoppeld. Je andere apparaten zijn uitgelogd.`,
  linkedAny: "Het account is gekoppeld. Je andere apparaten zijn uitgelogd.",
  unlinked: (provider) => `${provider} is ontkoppeld. Je andere apparaten zijn uitgelogd.`,
  confirmed: "Bevestigd. Doe het nu nog een keer.",
  title: "Accounts bij andere bedrijven",
  text: "Log in met een account dat je elders hebt.",
  none: "Er is er geen gekoppeld.",
  gone: "Wordt hier niet meer aangeboden",
  link: "Koppelen",
  unlink: "Ontkoppelen",
  linkOf: (provider) => `${provider} koppelen`,
  unlinkOf: (provider) => `${provider} ontkoppelen`,
  noPassword: "Je hebt geen wachtwoord. Met een link per mail stel je er een in.",
  setPassword: "Stuur me de link",
  confirmHint:
    "Je hebt geen wachtwoord. Bevestig het bij het bedrijf waarmee je inlogt, of stel een wachtwoord in.",
  invitedAs: (provider) => `${provider} heeft je adres bevestigd, dus hier heb je geen wachtwoord nodig.`,
  mail: "Stuur me een link om in te loggen",
  mailTitle: "Inloggen per mail",
  mailText: "We sturen een link naar je adres. Hij werkt één keer, tien minuten lang.",
  send: "Link sturen",
  sentTitle: "Kijk in je mail",
  sentText: (email) => `Heeft ${email} een account, dan is er een link onderweg. Open hem in deze browser.`,
  sentCode: "In een andere browser vraagt hij om deze code:",
  openTitle: "Inloggen bij Atrium",
  openText: "Eén klik en je bent binnen.",
  otherTitle: "Gevraagd in een andere browser",
  otherText: "Open de link in die browser, of typ de code die daar staat.",
  code: "De code",
};

export const waysCodes: typeof englishCodes = {
  provider_refused:
    "Het andere bedrijf heeft niet bevestigd wie je bent. Probeer het opnieuw of log anders in.",
  provider_unreachable: "Het andere bedrijf is nu niet te bereiken. Probeer het later of log anders in.",
  address_unverified:
    "Het andere bedrijf staat niet in voor je adres. Meld je aan met het adres en een wachtwoord.",
  identity_taken: "Dat account is hier aan een ander account gekoppeld.",
  other_identity: "Dat is geen account dat aan het jouwe is gekoppeld.",
  last_way_in: "Dan kun je niet meer inloggen. Stel eerst een wachtwoord in.",
  other_browser: "Deze link is in een andere browser gevraagd. Open hem daar, of typ de code die daar staat.",
};
