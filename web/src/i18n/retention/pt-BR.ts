/** How long a workspace keeps things, in Brazilian Portuguese. */
import type { Retention } from "./en";

const plural = new Intl.PluralRules("pt-BR");
const number = new Intl.NumberFormat("pt-BR");
const n = (count: number, one: string, other: string) =>
  `${number.format(count)} ${plural.select(count) === "one" ? one : other}`;

export const retention: Retention = {
  periods: "O que é guardado, e por quanto tempo",
  text: "A cada noite o que for mais antigo é removido de vez. Deixe um campo vazio para guardar pelo tempo que esta instalação define.",
  kinds: {
    audit: "Trilha de auditoria",
    audit_archives: "Arquivos da trilha de auditoria",
    notification_logs: "E-mails enviados",
    notifications: "Notificações",
    integration_logs: "Registro de integrações",
    workflow_logs: "Execuções de fluxos",
    events: "Eventos e tarefas concluídas",
  },
  kindTexts: {
    audit: "Meses mais antigos vão para arquivos assinados, onde quem hospeda esta instalação os encontra.",
    audit_archives: "A partir de quando cada um foi feito.",
    notification_logs: "E o que foi feito de cada um.",
    notifications: "A partir de quando foram lidas. O que ninguém leu fica nove meses a mais.",
    integration_logs: "O que foi trocado com outros serviços.",
    workflow_logs: "Com cada passo e seu resultado.",
    events: "Depois que tudo o que reage a eles o tiver feito.",
  },
  suffix: " dias",
  bounds: (least, most) => `Entre ${number.format(least)} e ${n(most, "dia", "dias")}.`,
  fixed: (days) => `Esta instalação guarda por ${n(days, "dia", "dias")}.`,
  otherwise: (days) =>
    days === null ? "Caso contrário fica para sempre." : `Caso contrário, ${n(days, "dia", "dias")}.`,
  between: (least, most) => `Entre ${number.format(least)} e ${number.format(most)}`,
  hold: "Guardar tudo por enquanto",
  holdText:
    "Para um processo na justiça, por exemplo. Enquanto estiver ligado, nada disto é removido nem arquivado.",
  simulate: "Mostrar o que sairia",
  simulation: "O que sairia",
  simulationText: "Se fosse removido agora. A rodada da noite olha de novo.",
  kind: "O quê",
  count: "Quantos",
  before: "Anterior a",
  nothing: "Nada sairia",
  stays: "Tudo fica",
  saved: "Salvo. Vale a partir da próxima noite.",
  reset: "Descartar alterações",
  archives: "Arquivos",
  archivesText:
    "Meses mais antigos saíram do banco de dados. Quem hospeda esta instalação os pesquisa e comprova pela linha de comando.",
  archiveRemoved: (date) => `removido em ${date}, por fim do prazo`,
};
