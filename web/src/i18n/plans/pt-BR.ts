/** Planos, o que os espaços pagam, e domínios próprios, em português. */
import type {
  plans as english,
  planCodes as englishCodes,
  domains as englishDomains,
  planFields as englishFields,
} from "./en";

const plural = new Intl.PluralRules("pt-BR");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const plans: typeof english = {
  title: "Planos",
  text: "O que os espaços podem ter. Sem planos, nada é limitado.",
  create: "Novo plano",
  change: (name) => `Alterar ${name}`,
  delete: (name) => `Excluir ${name}`,
  deleted: (name) => `${name} foi excluído`,
  deleteIt: "Excluir",
  noneTitle: "Ainda não há planos",
  noneText: "Cada espaço tem tudo o que há, pelo tempo que quiser. Um plano limita isso e diz quanto custa.",
  name: "Nome",
  description: "Para que serve",
  price: "Preço",
  currency: "Moeda",
  interval: "Por",
  intervals: { month: "mês", year: "ano" },
  per: { month: "por mês", year: "por ano" },
  free: "Gratuito",
  members: "Membros",
  domains: "Domínios próprios",
  anyNumber: "Vazio para qualquer número",
  days: "Dias de teste",
  daysText: "Para novos espaços. 0 para nenhum.",
  forNew: "Novos espaços começam com ele",
  isDefault: "Para novos espaços",
  memberCount: (count) => n(count, "membro", "membros"),
  anyMembers: "qualquer número de membros",
  domainCount: (count) => n(count, "domínio", "domínios"),
  anyDomains: "qualquer número de domínios",
  trialDays: (count) => n(count, "dia de teste", "dias de teste"),
  inUse: (count) => n(count, "espaço", "espaços"),
  subscription: "Assinatura",
  subscriptionText:
    "Quando um teste ou um período pago termina, tudo continua por 14 dias. Depois o espaço pode ser lido e não alterado. Os proprietários são avisados antes e depois.",
  plan: "Plano",
  noPlan: "Nenhum: sem limites",
  status: "Situação",
  paidUntil: "Pago até",
  noEnd: "Sem fim",
  cancels: "Termina com o período e não é renovada",
  provider: "Id no serviço de pagamento",
  providerText: "Os pagamentos o preenchem.",
  statuses: {
    trial: "Em teste",
    active: "Ativa",
    past_due: "Em atraso",
    unpaid: "Não paga",
    canceled: "Cancelada",
  },
  yours: "Plano",
  yoursText: "O que este espaço pode usar. Quem administra este Atrium lhe dá outro plano.",
  none: "Sem limites",
  trialEnds: (date, count) => `O teste termina em ${date}, em ${n(count, "dia", "dias")}.`,
  renews: (date) => `Pago até ${date}.`,
  ends: (date) => `A assinatura termina em ${date} e não é renovada.`,
  readOnlyFrom: (date) =>
    `Se não for pago, este espaço pode ser lido e não alterado a partir de ${date}, e suas páginas públicas fecham. Nada se perde.`,
  readOnly:
    "Este espaço pode ser lido e não alterado, e suas páginas públicas estão fechadas. Nada se perde. Quem administra este Atrium o abre de novo.",
  banner: "Este espaço pode ser lido e não alterado.",
  used: (used, limit) => `${used} de ${limit}`,
  usedAny: (used) => `${used}, de qualquer número`,
};

export const domains: typeof englishDomains = {
  title: "Domínios",
  text: "Suas páginas públicas em um nome próprio, como agenda.example.com. Os links das mensagens a quem agenda levam para lá.",
  add: "Adicionar um domínio",
  name: "Domínio",
  nameText: "Um nome que pertence a você, sem https://",
  noneTitle: "Nenhum domínio próprio",
  noneText:
    "Suas páginas estão no endereço deste Atrium. No seu próprio nome elas parecem suas, e o aplicativo fica onde está.",
  statuses: { pending: "Espera o registro", verified: "Comprovado", failed: "Não comprovado" },
  steps: "Crie estes dois registros onde seu domínio é administrado e depois mande conferir.",
  proof: "Comprova que é seu",
  leads: "Traz os visitantes para cá",
  type: "Tipo",
  recordName: "Nome",
  recordValue: "Valor",
  copy: (what) => `Copiar ${what}`,
  apex: "Onde um CNAME não é possível, um registro ALIAS ou ANAME faz o mesmo.",
  keep: "Mantenha o registro TXT: ele é conferido todos os dias.",
  records: "Registros",
  check: "Conferir agora",
  checkName: (domain) => `Conferir ${domain} agora`,
  checked: "Última conferência",
  proven: (domain) => `${domain} está comprovado`,
  notYet: "O registro ainda não está lá. Registros novos levam alguns minutos, às vezes horas.",
  remove: (domain) => `Remover ${domain}`,
  removeIt: "Remover",
  removed: (domain) => `${domain} foi removido`,
  removeText:
    "Suas páginas deixam de estar lá, e os links não levam a nada. Adicioná-lo de novo pede um novo registro.",
  problems: {
    no_record: "O registro TXT não foi encontrado.",
    other_record: "Há um registro TXT, e ele diz outra coisa.",
    no_answer: "Os servidores de nomes do domínio não responderam.",
    taken: "Outro espaço tem este domínio, e o registro dele está lá. Retire aquele registro primeiro.",
  },
  servesUntil: (date) =>
    `O registro não está lá. Se não voltar até ${date}, suas páginas deixam de estar nesse nome.`,
};

export const planCodes: typeof englishCodes = {
  read_only: "Este espaço pode ser lido e não alterado. Os proprietários podem dizer como continua.",
  plan_limit: "O plano deste espaço não tem lugar para mais um. Os proprietários podem pedir um plano maior.",
  plan_in_use: "Há espaços com este plano. Dê-lhes outro primeiro.",
  domain_exists: "Este espaço já tem esse domínio.",
};

export const planFields: typeof englishFields = {
  is_address: "Isto é um endereço, e não um nome",
  reserved: "Este nome não pode ser alcançado de fora",
  own_host: "Este nome pertence a este Atrium",
};
