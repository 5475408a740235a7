/** How long a workspace keeps things, in Dutch. */
import type { Retention } from "./en";

const plural = new Intl.PluralRules("nl");
const number = new Intl.NumberFormat("nl");
const n = (count: number, one: string, other: string) =>
  `${number.format(count)} ${plural.select(count) === "one" ? one : other}`;

export const retention: Retention = {
  periods: "Wat bewaard wordt, en hoe lang",
  text: "Elke nacht wordt wat ouder is voorgoed verwijderd. Laat een veld leeg om het zo lang te bewaren als deze installatie doet.",
  kinds: {
    audit: "Auditlog",
    audit_archives: "Archieven van het auditlog",
    notification_logs: "Verstuurde e-mails",
    notifications: "Meldingen",
    integration_logs: "Log van koppelingen",
    workflow_logs: "Uitvoeringen van workflows",
    events: "Gebeurtenissen en afgeronde taken",
  },
  kindTexts: {
    audit:
      "Oudere maanden gaan naar ondertekende archieven, waar wie deze installatie beheert ze terugvindt.",
    audit_archives: "Vanaf het moment dat elk is gemaakt.",
    notification_logs: "En wat er van elk is geworden.",
    notifications: "Vanaf het moment dat ze zijn gelezen. Wat niemand las blijft negen maanden langer.",
    integration_logs: "Wat er met andere diensten is uitgewisseld.",
    workflow_logs: "Met elke stap en de uitkomst.",
    events: "Zodra alles wat erop reageert dat heeft gedaan.",
  },
  suffix: " dagen",
  bounds: (least, most) => `Tussen ${number.format(least)} en ${n(most, "dag", "dagen")}.`,
  fixed: (days) => `Deze installatie bewaart het ${n(days, "dag", "dagen")}.`,
  otherwise: (days) => (days === null ? "Anders blijft het voorgoed." : `Anders ${n(days, "dag", "dagen")}.`),
  between: (least, most) => `Tussen ${number.format(least)} en ${number.format(most)}`,
  hold: "Voorlopig alles bewaren",
  holdText:
    "Bijvoorbeeld voor een rechtszaak. Zolang dit aan staat wordt hiervan niets verwijderd of gearchiveerd.",
  simulate: "Toon wat weg zou gaan",
  simulation: "Wat weg zou gaan",
  simulationText: "Als het nu werd verwijderd. De nachtelijke ronde kijkt opnieuw.",
  kind: "Wat",
  count: "Hoeveel",
  before: "Ouder dan",
  nothing: "Er zou niets weggaan",
  stays: "Alles blijft",
  saved: "Opgeslagen. Het telt vanaf de volgende nacht.",
  reset: "Wijzigingen verwerpen",
  archives: "Archieven",
  archivesText:
    "Oudere maanden staan niet meer in de database. Wie deze installatie beheert doorzoekt en bewijst ze op de opdrachtregel.",
  archiveRemoved: (date) => `verwijderd op ${date}, de termijn was voorbij`,
};
