/** The security policy of a workspace, in Brazilian Portuguese. */
import type { Policy, PolicyCodes } from "./en";

const plural = new Intl.PluralRules("pt-BR");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const policy: Policy = {
  sessions: "Sessões",
  sessionsText: "Em quantos dispositivos um membro pode estar conectado, e por quanto tempo.",
  most: "Sessões simultâneas de um membro",
  mostText: "Vazio para qualquer número",
  beyond: "Uma entrada a mais",
  beyonds: {
    end_oldest: "Encerra a sessão usada há mais tempo",
    deny: "É recusada",
  },
  timeout: "Desconectado após",
  timeoutText: "Vazio para o que a instalação define",
  timeoutRange: "Entre 5 minutos e 30 dias",
  unit: "Unidade",
  units: { minutes: "Minutos", hours: "Horas", days: "Dias" },
  extend: "O uso reinicia esse tempo",
  extendText: "Sem isso, a sessão termina após esse tempo, por mais que seja usada.",

  waysIn: "Formas de entrar",
  waysInText: "Quais acessos valem aqui.",
  mailLinks: "Membros podem entrar por um link em um e-mail",
  mailLinksText: "Desligado, quem entrou só por um link desses precisa entrar de outra forma.",
  companyOnly: "Membros entram apenas pelo provedor da empresa",
  companyOnlyText:
    "Quem pode alterar esta política sempre pode entrar como entra, para que haja um caminho de volta.",
  companySecond: "O provedor da empresa conta como segundo fator",
  companySecondText: "Para um provedor que pede um ele mesmo.",

  factor: "Segundo fator",
  factorText: "Pede aos membros mais do que uma senha antes de trabalharem aqui.",
  required: "Membros precisam de um segundo fator",
  requiredText: "Para exigi-lo, você mesmo precisa ter entrado com um.",
  from: "A partir de",
  fromText: "Vazio para já",
  graceLogins: "Entradas sem ele",
  graceDays: "Dias sem ele",
  graceText: "Vale o que se esgotar primeiro.",
  recovery: "Códigos de recuperação valem como segundo fator",
  remember: "Navegadores podem ser lembrados",
  rememberText: "Por 30 dias, um navegador lembrado não é perguntado de novo.",
  exempt: "Papéis que não precisam dele",
  exemptText: "Quem tem um deles nunca é perguntado.",

  addresses: "Endereços",
  addressesText: "De onde os membros e seus tokens de acesso podem trabalhar aqui.",
  allowed: "Permitidos",
  allowedText:
    "Um endereço ou faixa por linha, como 203.0.113.7 ou 2001:db8::/32. Vazio para qualquer lugar.",
  blocked: "Bloqueados",
  blockedText: "Um por linha. Ninguém trabalha a partir deles, mesmo onde são permitidos.",
  own: (address) => `Você está em ${address}.`,
  addOwn: "Permitir este",
  noAddress: (text) => `Não é endereço nem faixa: ${text}`,

  between: (least, most) => `Entre ${least} e ${most}`,
  saved: "A política de segurança foi salva",
  reset: "Descartar alterações",
  simulate: "Testar nos últimos 90 dias",

  simulation: "O que ela teria feito",
  played: (signIns, members) =>
    `${n(signIns, "entrada", "entradas")} de ${n(members, "membro", "membros")} nos últimos 90 dias, repetidas como se esta política já valesse.`,
  nobody: "Ninguém teria sido barrado",
  nothing: "Ninguém entrou nos últimos 90 dias",
  stopped: (count) => `${n(count, "membro teria sido barrado", "membros teriam sido barrados")}`,
  member: "Membro",
  signIns: "Entradas",
  byAddress: "Pelo endereço",
  byWayIn: "Pela forma",
  byFactor: "Pelo segundo fator",
  byCap: "Acima do limite",
  sooner: "Encerrada antes",
  limitsTitle: "O que o histórico não diz",
  limits: {
    use_between:
      "Não se guarda quando as sessões foram usadas no meio-tempo: uma que teria expirado conta como aberta.",
    moved_sessions: "Não se guarda de onde uma sessão foi usada depois de entrar.",
    tokens: "Os tokens de acesso de programas não são simulados.",
    forgotten_sessions:
      "Sessões encerradas há um mês ou mais foram esquecidas: seus acessos são simulados sem limite nem expiração.",
  },
  hasFactor: "Segundo fator configurado",
  yes: "Sim",
  no: "Não",
  last: "Última vez barrado",
  more: (count) => `E mais ${n(count, "membro", "membros")}.`,
};

export const policyCodes: PolicyCodes = {
  locks_you_out:
    "Isto deixaria você mesmo do lado de fora. Seu próprio endereço precisa ser permitido, e você precisa ter entrado com um segundo fator antes de exigir um.",
  too_many_sessions:
    "Você já entrou em tantos dispositivos quantos este espaço de trabalho permite. Saia primeiro em um deles.",
};
