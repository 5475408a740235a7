/** The security policy of a workspace, in Dutch. */
import type { Policy, PolicyCodes } from "./en";

const plural = new Intl.PluralRules("nl");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const policy: Policy = {
  sessions: "Sessies",
  sessionsText: "Op hoeveel apparaten een lid aangemeld mag zijn, en hoe lang.",
  most: "Sessies van één lid tegelijk",
  mostText: "Leeg voor elk aantal",
  beyond: "Nog een aanmelding",
  beyonds: {
    end_oldest: "Beëindigt de sessie die het langst niet is gebruikt",
    deny: "Wordt geweigerd",
  },
  timeout: "Afgemeld na",
  timeoutText: "Leeg voor wat de installatie instelt",
  timeoutRange: "Tussen 5 minuten en 30 dagen",
  unit: "Eenheid",
  units: { minutes: "Minuten", hours: "Uren", days: "Dagen" },
  extend: "Gebruik laat die tijd opnieuw beginnen",
  extendText: "Zonder dit eindigt een sessie na die tijd, hoeveel ze ook wordt gebruikt.",

  waysIn: "Manieren van inloggen",
  waysInText: "Welke aanmeldingen hier tellen.",
  mailLinks: "Leden mogen met een link per mail komen",
  mailLinksText: "Staat dit uit, dan wordt wie alleen met zo’n link inlogde gevraagd anders in te loggen.",
  companyOnly: "Leden komen alleen met de provider van het bedrijf",
  companyOnlyText: "Wie dit beleid mag wijzigen mag altijd komen zoals nu, zodat er een weg terug is.",
  companySecond: "De provider van het bedrijf telt als tweede factor",
  companySecondText: "Voor een provider die er zelf een vraagt.",

  factor: "Tweede factor",
  factorText: "Vraagt leden meer dan een wachtwoord voordat ze hier werken.",
  required: "Leden hebben een tweede factor nodig",
  requiredText: "Je moet er zelf mee aangemeld zijn om dit te eisen.",
  from: "Vanaf",
  fromText: "Leeg voor meteen",
  graceLogins: "Aanmeldingen zonder",
  graceDays: "Dagen zonder",
  graceText: "Wat het eerst op is, telt.",
  recovery: "Herstelcodes tellen als tweede factor",
  remember: "Browsers mogen worden onthouden",
  rememberText: "Een onthouden browser wordt 30 dagen niet opnieuw gevraagd.",
  exempt: "Rollen die er geen nodig hebben",
  exemptText: "Wie een van deze rollen heeft, wordt nooit gevraagd.",

  addresses: "Adressen",
  addressesText: "Waarvandaan leden en hun toegangstokens hier mogen werken.",
  allowed: "Toegestaan",
  allowedText: "Eén adres of bereik per regel, zoals 203.0.113.7 of 2001:db8::/32. Leeg voor overal.",
  blocked: "Geblokkeerd",
  blockedText: "Eén per regel. Hiervandaan werkt niemand, ook niet waar het is toegestaan.",
  own: (address) => `Je bent op ${address}.`,
  addOwn: "Sta dit toe",
  noAddress: (text) => `Geen adres of bereik: ${text}`,

  between: (least, most) => `Tussen ${least} en ${most}`,
  saved: "Het beveiligingsbeleid is opgeslagen",
  reset: "Wijzigingen verwerpen",
  simulate: "Probeer het op de laatste 90 dagen",

  simulation: "Wat het zou hebben gedaan",
  played: (signIns, members) =>
    `${n(signIns, "aanmelding", "aanmeldingen")} van ${n(members, "lid", "leden")} in de laatste 90 dagen, opnieuw afgespeeld alsof dit beleid al gold.`,
  nobody: "Niemand zou zijn tegengehouden",
  nothing: "In de laatste 90 dagen heeft niemand zich aangemeld",
  stopped: (count) => `${n(count, "lid zou zijn", "leden zouden zijn")} tegengehouden`,
  member: "Lid",
  signIns: "Aanmeldingen",
  byAddress: "Door adres",
  byWayIn: "Door manier",
  byFactor: "Door tweede factor",
  byCap: "Boven het maximum",
  sooner: "Eerder afgemeld",
  limitsTitle: "Wat de geschiedenis niet kan zeggen",
  limits: {
    use_between:
      "Wanneer sessies tussendoor gebruikt zijn wordt niet bewaard: een die intussen verlopen zou zijn telt als open.",
    moved_sessions: "Waarvandaan een sessie na de aanmelding gebruikt is wordt niet bewaard.",
    tokens: "Toegangstokens van programma's worden niet nagespeeld.",
    forgotten_sessions:
      "Sessies die een maand of langer geleden eindigden zijn vergeten: hun aanmeldingen worden zonder maximum en verlooptijd nagespeeld.",
  },
  hasFactor: "Tweede factor ingesteld",
  yes: "Ja",
  no: "Nee",
  last: "Laatst tegengehouden",
  more: (count) => `En nog ${n(count, "lid", "leden")}.`,
};

export const policyCodes: PolicyCodes = {
  locks_you_out:
    "Hiermee sluit je jezelf buiten. Je eigen adres moet toegestaan zijn, en je moet met een tweede factor aangemeld zijn voordat je er een eist.",
  too_many_sessions:
    "Je bent op zoveel apparaten aangemeld als deze werkruimte toestaat. Meld je eerst op een ervan af.",
};
