/** Dar ao suporte da instância acesso a um espaço de trabalho, em português. */
import type { support as english, supportCodes as englishCodes } from "./en";

export const support: typeof english = {
  title: "Suporte",
  text: "Quem administra este Atrium não vê nada do que você guarda. Aqui você empresta ao suporte uma parte do espaço por um tempo. Tudo o que for feito, inclusive olhar, fica na trilha de auditoria.",
  lend: "Deixar o suporte entrar",
  grant: "Permitir",
  decline: "Recusar",
  takeBack: "Retirar",
  lent: "O suporte pode entrar",
  tookBack: "O suporte saiu",
  declined: "O pedido foi recusado",
  noneTitle: "Ninguém recebeu acesso",
  noneText: "Os pedidos do suporte e o que você emprestou aparecem aqui.",
  reason: "Motivo",
  reasonText: "Fica na trilha de auditoria",
  until: "Por quanto tempo",
  untils: { 1: "1 hora", 4: "4 horas", 24: "1 dia", 72: "3 dias", 168: "7 dias" },
  mayRead: "Pode ver",
  mayWrite: "Pode alterar",
  mayWriteText:
    "Nada, a menos que você marque. Exclusões, arquivos, membros, papéis e políticas nunca são emprestados.",
  personal: "Mostrar endereços, telefones e notas",
  personalText: "Sem isto eles ficam ocultos. É preciso para alterar agendamentos ou contatos.",
  anyAdministrator: "Qualquer administrador da instância",
  asks: (name) => `${name} pede acesso`,
  by: (name) => `Permitido por ${name}`,
  period: (from, to) => `${from} até ${to}`,
  hides: "Os campos pessoais ficam ocultos",
  shows: "Os campos pessoais são mostrados",
  statuses: {
    requested: "Pedido",
    granted: "Emprestado",
    declined: "Recusado",
    revoked: "Retirado",
    expired: "Encerrado",
  },
  here: (name, until) => `${name}, do suporte, está neste espaço, no máximo até ${until}.`,
  youAreHere: (workspace, name, until) =>
    `Você está em ${workspace} pelo suporte, com acesso dado por ${name} até ${until}. Tudo o que fizer fica na trilha de auditoria.`,
  readOnly: "Você pode olhar, mas não alterar.",
  leave: "Sair daqui",
  via: (name) => `suporte, com acesso dado por ${name}`,
  access: "Acesso do suporte",
  accessText: "Você não vê nada do que este espaço guarda até que um proprietário permita.",
  ask: "Pedir acesso",
  askText: "Os proprietários recebem uma mensagem com o seu motivo.",
  asked: "Os proprietários foram avisados",
  waiting: "Espera um proprietário",
  enter: "Entrar",
};

export const supportCodes: typeof englishCodes = {
  support_session: "Isto não é para o suporte. Saia do espaço primeiro.",
  personal_fields_hidden:
    "Os campos pessoais estão ocultos para você aqui, então não se pode buscar por eles.",
  lease_requested: "Você já pediu, e ninguém respondeu ainda.",
  mail_closed: "Esta mensagem não fica guardada aqui, então ninguém pode lê-la.",
};
