/** Abonnementen, waarvoor werkruimten betalen, en eigen domeinen, in het Nederlands. */
import type {
  plans as english,
  planCodes as englishCodes,
  domains as englishDomains,
  planFields as englishFields,
} from "./en";

const plural = new Intl.PluralRules("nl");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const plans: typeof english = {
  title: "Abonnementen",
  text: "Wat werkruimten kunnen hebben. Zonder abonnementen is niets beperkt.",
  create: "Nieuw abonnement",
  change: (name) => `${name} wijzigen`,
  delete: (name) => `${name} verwijderen`,
  deleted: (name) => `${name} is verwijderd`,
  deleteIt: "Verwijderen",
  noneTitle: "Nog geen abonnementen",
  noneText:
    "Elke werkruimte heeft alles wat er is, zolang ze wil. Een abonnement begrenst dat en zegt wat het kost.",
  name: "Naam",
  description: "Waarvoor het is",
  price: "Prijs",
  currency: "Munt",
  interval: "Per",
  intervals: { month: "maand", year: "jaar" },
  per: { month: "per maand", year: "per jaar" },
  free: "Gratis",
  members: "Leden",
  domains: "Eigen domeinen",
  anyNumber: "Leeg voor elk aantal",
  days: "Dagen op proef",
  daysText: "Voor nieuwe werkruimten. 0 voor geen.",
  forNew: "Nieuwe werkruimten beginnen hiermee",
  isDefault: "Voor nieuwe werkruimten",
  memberCount: (count) => n(count, "lid", "leden"),
  anyMembers: "elk aantal leden",
  domainCount: (count) => n(count, "domein", "domeinen"),
  anyDomains: "elk aantal domeinen",
  trialDays: (count) => n(count, "dag op proef", "dagen op proef"),
  inUse: (count) => n(count, "werkruimte", "werkruimten"),
  subscription: "Abonnement",
  subscriptionText:
    "Als een proef of een betaalde periode eindigt, gaat alles 14 dagen door. Daarna is de werkruimte te lezen en niet te wijzigen. De eigenaren horen het ervoor en erna.",
  plan: "Abonnement",
  noPlan: "Geen: geen grenzen",
  status: "Stand",
  paidUntil: "Betaald tot",
  noEnd: "Zonder einde",
  cancels: "Eindigt met de periode en wordt niet verlengd",
  provider: "Id bij de betaaldienst",
  providerText: "Betalingen vullen dit in.",
  statuses: {
    trial: "Op proef",
    active: "Actief",
    past_due: "Achterstallig",
    unpaid: "Onbetaald",
    canceled: "Opgezegd",
  },
  yours: "Abonnement",
  yoursText:
    "Wat deze werkruimte kan gebruiken. De beheerder van deze Atrium geeft haar een ander abonnement.",
  none: "Geen grenzen",
  trialEnds: (date, count) => `De proef eindigt op ${date}, over ${n(count, "dag", "dagen")}.`,
  renews: (date) => `Betaald tot ${date}.`,
  ends: (date) => `Het abonnement eindigt op ${date} en wordt niet verlengd.`,
  readOnlyFrom: (date) =>
    `Als er niet voor betaald wordt, is deze werkruimte vanaf ${date} te lezen en niet te wijzigen, en gaan de openbare pagina's dicht. Er gaat niets verloren.`,
  readOnly:
    "Deze werkruimte is te lezen en niet te wijzigen, en de openbare pagina's zijn dicht. Er gaat niets verloren. De beheerder van deze Atrium opent haar weer.",
  banner: "Deze werkruimte is te lezen en niet te wijzigen.",
  used: (used, limit) => `${used} van ${limit}`,
  usedAny: (used) => `${used}, van elk aantal`,
};

export const domains: typeof englishDomains = {
  title: "Domeinen",
  text: "Uw openbare pagina's onder een eigen naam, zoals boek.example.com. Links in mails aan wie boekt, leiden daarheen.",
  add: "Domein toevoegen",
  name: "Domein",
  nameText: "Een naam die van u is, zonder https://",
  noneTitle: "Geen eigen domein",
  noneText:
    "Uw pagina's staan op het adres van deze Atrium. Onder uw eigen naam zien ze eruit als de uwe, en de app blijft waar hij is.",
  statuses: { pending: "Wacht op het record", verified: "Bewezen", failed: "Niet bewezen" },
  steps: "Zet deze twee records waar uw domein beheerd wordt, en laat ze dan controleren.",
  proof: "Bewijst dat het van u is",
  leads: "Leidt bezoekers hierheen",
  type: "Soort",
  recordName: "Naam",
  recordValue: "Waarde",
  copy: (what) => `${what} kopiëren`,
  apex: "Waar een CNAME niet kan, doet een ALIAS- of ANAME-record hetzelfde.",
  keep: "Laat het TXT-record staan: er wordt dagelijks naar gekeken.",
  records: "Gegevens voor DNS",
  check: "Nu controleren",
  checkName: (domain) => `${domain} nu controleren`,
  checked: "Laatst gecontroleerd",
  proven: (domain) => `${domain} is bewezen`,
  notYet: "Het record is er nog niet. Nieuwe records duren enkele minuten, soms uren.",
  remove: (domain) => `${domain} verwijderen`,
  removeIt: "Verwijderen",
  removed: (domain) => `${domain} is verwijderd`,
  removeText:
    "Uw pagina's staan er niet meer, en links erheen leiden nergens toe. Opnieuw toevoegen vraagt een nieuw record.",
  problems: {
    no_record: "Het TXT-record is niet gevonden.",
    other_record: "Er is een TXT-record, en het zegt iets anders.",
    no_answer: "De naamservers van het domein gaven geen antwoord.",
    taken: "Een andere werkruimte heeft dit domein, en haar record staat er. Haal eerst dat record weg.",
  },
  servesUntil: (date) =>
    `Het record ontbreekt. Is het op ${date} niet terug, dan staan uw pagina's er niet meer.`,
};

export const planCodes: typeof englishCodes = {
  read_only:
    "Deze werkruimte is te lezen en niet te wijzigen. De eigenaren kunnen zeggen hoe het verdergaat.",
  plan_limit:
    "Het abonnement van deze werkruimte heeft geen plaats voor nog één. De eigenaren kunnen om een groter vragen.",
  plan_in_use: "Werkruimten hebben dit abonnement. Geef hun eerst een ander.",
  domain_exists: "Deze werkruimte heeft dat domein al.",
};

export const planFields: typeof englishFields = {
  is_address: "Dit is een adres en geen naam",
  reserved: "Deze naam is van elders niet te bereiken",
  own_host: "Deze naam hoort bij deze Atrium",
};
