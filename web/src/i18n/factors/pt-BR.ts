/** Second factors: showing one, and setting them up, in Brazilian Portuguese. */
import type { FactorCodes, Factors } from "./en";

const plural = new Intl.PluralRules("pt-BR");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const factors: Factors = {
  withPasskey: "Entrar com uma chave de acesso",
  or: "ou",
  stepTitle: "Mais um passo",
  stepText: (email) => `A senha de ${email} está certa.`,
  over: "Demorou demais. Entre de novo.",
  otherAccount: "Usar outra conta",
  trust: "Não perguntar neste navegador por 30 dias",
  otherWays: "Outras formas",
  code: "Código do seu aplicativo autenticador",
  codeText: "Seis dígitos, novos a cada 30 segundos",
  recoveryCode: "Código de recuperação",
  recoveryCodeText: "Um dos que você guardou. Cada um vale uma vez.",
  passkeyText: "Seu dispositivo pede sua digital, seu rosto ou o PIN dele.",
  noPasskeys: "Este navegador não usa chaves de acesso. Abra o Atrium naquele em que você criou a sua.",
  continue: "Continuar",
  ways: {
    passkey: "Usar uma chave de acesso",
    totp: "Usar o aplicativo autenticador",
    recovery_code: "Usar um código de recuperação",
    password: "Usar a senha",
  },
  confirmTitle: "Confirme que é você",
  confirmText: "O que você vai fazer exige isso. Vale por dez minutos.",
  notConfirmed: "Sem confirmação, nada foi alterado",

  title: "Segundos fatores",
  text: "O que sua conta pede além da senha.",
  noneTitle: "Só a senha protege sua conta",
  noneText:
    "Quem a descobrir entra. Com uma chave de acesso ou um aplicativo no celular, é preciso algo que só você tem.",
  app: "Aplicativo autenticador",
  appText: "Um aplicativo no celular mostra um código a cada entrada.",
  since: "Configurado",
  lastUsed: "último uso",
  unused: "ainda não usado",
  setUp: "Configurar",
  setUpApp: "Configurar um aplicativo autenticador",
  scan: "Leia isto com o aplicativo: Google Authenticator, 2FAS, um gerenciador de senhas ou outro.",
  scanPicture: "Código QR para o aplicativo autenticador",
  openApp: "Abrir no aplicativo deste dispositivo",
  secret: "Ou digite esta chave no aplicativo",
  copySecret: "Copiar a chave",
  firstCode: "O código que o aplicativo mostra agora",
  appAdded: "O aplicativo autenticador está configurado. Seus outros dispositivos foram desconectados.",
  removeApp: "Remover o aplicativo autenticador",
  removeAppText: "Os códigos do aplicativo deixam de valer. Para usá-lo de novo, você lê um novo código QR.",
  appRemoved: "O aplicativo autenticador foi removido. Seus outros dispositivos foram desconectados.",
  lastOne: "É o seu último segundo fator: depois disso, só a senha abre sua conta.",
  remove: "Remover",

  passkeys: "Chaves de acesso",
  passkeysText: "Entre com digital, rosto ou o PIN do dispositivo, sem senha.",
  addPasskey: "Adicionar uma chave de acesso",
  addPasskeyText: "Seu dispositivo a cria e guarda. Seus outros dispositivos serão desconectados.",
  name: "Nome",
  nameText: "Pelo qual você a reconhece",
  create: "Criar chave de acesso",
  made: "Criada",
  backedUp: "Com cópia",
  backedUpText: "O provedor guarda uma cópia, então ela sobrevive ao dispositivo.",
  oneDevice: "Só neste dispositivo",
  oneDeviceText: "Ela some com o dispositivo. Tenha também uma segunda chave de acesso ou um aplicativo.",
  passkeyAdded: (name) =>
    `A chave de acesso ${name} foi adicionada. Seus outros dispositivos foram desconectados.`,
  rename: "Renomear",
  renamePasskey: "Renomear a chave de acesso",
  renamed: (name) => `A chave de acesso agora se chama ${name}`,
  removePasskey: "Remover a chave de acesso",
  removePasskeyText: "Ela deixa de entrar. Se o dispositivo ainda a oferecer, apague-a também lá.",
  passkeyRemoved: (name) =>
    `A chave de acesso ${name} foi removida. Seus outros dispositivos foram desconectados.`,

  codes: "Códigos de recuperação",
  codesText: "Para o dia em que o celular ou o dispositivo sumir.",
  left: (count) => `Restam ${n(count, "código", "códigos")}`,
  fewLeft: "Crie novos antes de precisar do último.",
  renew: "Criar novos",
  renewTitle: "Criar novos códigos de recuperação",
  renewText: "Você recebe dez novos. Os que guardou até agora deixam de valer.",
  keepTitle: "Guarde seus códigos de recuperação",
  keepText:
    "Eles aparecem só desta vez. Cada um deixa você entrar uma vez se o celular ou o dispositivo sumir. Guarde-os onde os encontraria nesse dia: em papel ou em um gerenciador de senhas.",
  copy: "Copiar",
  download: "Salvar como arquivo",
  fileTitle: (email, date) =>
    `Códigos de recuperação do Atrium para ${email}, criados em ${date}. Cada um vale uma vez.`,
  kept: "Eu os guardei",

  asksTitle: "É preciso um segundo fator",
  asksText: (workspace) => `${workspace} pede mais do que uma senha.`,
  asksFrom: (date) => `A partir de ${date}, este espaço de trabalho pede um segundo fator.`,
  setUpOne: "Configurar um segundo fator",
  addressTitle: "Daqui não",
  addressText: (workspace) =>
    `${workspace} não pode ser usado a partir do seu endereço. Tente outra rede ou fale com um proprietário.`,
};

export const factorCodes: FactorCodes = {
  step_up_required: "Não foi confirmado que é você, então nada foi alterado.",
  invalid_code: "Este código não está certo ou já foi usado.",
  invalid_passkey: "Esta chave de acesso não foi aceita. Tente de novo ou use outra forma.",
  unknown_passkey: "Esta chave de acesso não está, ou não está mais, registrada aqui. Use outra forma.",
  challenge_over: "Demorou demais ou já tinha sido feito. Comece de novo.",
  session_changed: "Você confirmou em outra janela nesse meio-tempo. Tente de novo.",
  second_factor_required:
    "É preciso um segundo fator. Configure um nas suas configurações de segurança ou entre com ele.",
  password_not_enough: "Esta conta tem um segundo fator configurado, então é ele que vale.",
  admin_second_factor_required:
    "Administradores deste Atrium entram com um segundo fator. Configure um nas suas configurações de segurança e entre com ele.",
  address_not_allowed: "Este espaço de trabalho não pode ser usado a partir do seu endereço.",
  totp_exists: "Já há um aplicativo autenticador configurado. Remova-o antes de configurar outro.",
  no_second_factor: "Configure primeiro um aplicativo autenticador ou uma chave de acesso.",
  passkeys_unavailable: "Chaves de acesso precisam de um endereço com nome, que este Atrium não tem.",
  too_many_passkeys: "Você tem tantas chaves de acesso quanto se pode ter. Remova uma que não seja usada.",
  passkey_known: "Esta chave de acesso já está registrada.",
  passkey_cancelled: "Nenhuma chave de acesso foi dada. Tente de novo quando quiser.",
  passkey_unsupported: "Este dispositivo ou navegador não consegue fazer isso. Tente outro.",
};
