/** Do que os membros são avisados no aplicativo, em português. */
import type { messaging as english } from "./en";

const plural = new Intl.PluralRules("pt-BR");
const n = (count: number, one: string, other: string) =>
  `${count} ${plural.select(count) === "one" ? one : other}`;

export const messaging: typeof english = {
  notifications: {
    title: "Notificações",
    unread: (count) => n(count, "notificação não lida", "notificações não lidas"),
    more: "99+",
    fresh: "Não lidas",
    earlier: "Anteriores",
    all: "Todas",
    everything: "Ver todas",
    preferences: "Do que você é avisado",
    emptyTitle: "Você está em dia",
    emptyText: "O que outros fazem com as suas reservas e o que diz respeito à sua conta aparece aqui.",
    noneTitle: "Nada aqui",
    noneText: "Nenhuma notificação é assim. As que foram lidas somem depois de 90 dias.",
    markRead: "Marcar como lida",
    markUnread: "Marcar como não lida",
    markAll: "Marcar todas como lidas",
    allRead: "Todas estão marcadas como lidas",
    isUnread: "Não lida",
    group: "Sobre",
    groups: {
      bookings: "Reservas",
      workspace: "Espaço de trabalho",
      system: "Sistema",
      security: "Segurança",
    },
    by: (name) => `por ${name}`,
    suspicions: {
      new_country: "um acesso de outro país",
      new_place: "um acesso de um lugar novo",
      many_failures: "muitos acessos que falharam",
      many_exports: "muitas exportações de dados",
    },
    other: (kind) => `Algo aconteceu: ${kind}`,
    kinds: {
      "booking.created": (who, what) => `${who} reservou ${what}`,
      "booking.requested": (who, what) => `${who} pede ${what}`,
      "booking.confirmed": (who, what) => `${what} com ${who} foi confirmada`,
      "booking.declined": (who, what) => `${what} com ${who} foi recusada`,
      "booking.cancelled": (who, what) => `${what} com ${who} foi cancelada`,
      "booking.restored": (who, what) => `${what} com ${who} vale de novo`,
      "booking.rescheduled": (who, what) => `${what} com ${who} mudou de horário`,
      "booking.reassigned": (who, what) => `${what} com ${who} foi repassada`,
      "invitation.accepted": (who) => `${who} aceitou o seu convite`,
      "invitation.declined": (who) => `${who} recusou o seu convite`,
      "member.roles_changed": (who, what) => `${who} mudou o que você pode fazer: ${what}`,
      "member.reinstated": (who) => `${who} tornou a sua participação ativa de novo`,
      "member.suspicious": (who, what) => `Observe a conta de ${who}: ${what}`,
      "oauth_client.created": (who, what) => `${who} registrou o aplicativo ${what}`,
      "ownership.offered": (who) => `${who} oferece a você o espaço de trabalho`,
      "ownership.transferred": (who) => `${who} é agora dono do espaço de trabalho`,
      "tenant.deletion_requested": (who, what) =>
        `${who} pediu que o espaço de trabalho seja excluído em ${what}`,
      "tenant.deletion_cancelled": (who) => `${who} desistiu de excluir o espaço de trabalho`,
      "job.failed": (_who, what) => `Uma tarefa em segundo plano desistiu: ${what}`,
      "message.received": (_who, what) => what,
      "message_template.failed": (_who, what) =>
        `O texto “${what}” não pôde ser usado: as palavras de sempre foram enviadas`,
      "webhook_endpoint.disabled": (_who, what) => `O webhook para ${what} foi desativado`,
      "mail.failed": () => "E-mails do espaço de trabalho não puderam ser enviados",
      "account.access_token_created": (_who, what) => `Um token de acesso foi criado: ${what}`,
      "account.data_export_ready": () => "A exportação dos seus dados está pronta",
      "account.email_change_requested": () => "Um novo endereço de e-mail foi pedido",
      "account.email_changed": () => "O seu endereço de e-mail foi alterado",
      "account.oauth_consent_given": (_who, what) => `Você permitiu que um aplicativo aja por você: ${what}`,
      "account.oauth_family_ended": () => "Um aplicativo foi desconectado: o token dele foi usado duas vezes",
      "account.passkey_added": (_who, what) => `Uma chave de acesso foi adicionada: ${what}`,
      "account.passkey_counter_went_back": () => "Uma chave de acesso foi recusada: pode ter sido copiada",
      "account.passkey_removed": (_who, what) => `Uma chave de acesso foi removida: ${what}`,
      "account.password_changed": () => "A sua senha foi alterada",
      "account.password_reset": () => "A sua senha foi redefinida por um link em um e-mail",
      "account.recovery_codes_replaced": () => "Os seus códigos de recuperação foram refeitos",
      "account.suspicious_activity": (_who, what) => `Foi você? Houve ${what}`,
      "account.totp_added": () => "Um aplicativo autenticador foi configurado",
      "account.totp_removed": () => "O aplicativo autenticador foi removido",
    },
    somebody: "Alguém",
  },
  notificationSettings: {
    text: "Para este espaço de trabalho. As mudanças são salvas na hora.",
    inApp: "No aplicativo",
    email: "Por e-mail",
    about: {
      bookings: "Reservas novas, alteradas e canceladas, por e-mail com um arquivo de agenda",
      workspace: "Os seus direitos, convites, propriedade e aplicativos",
      system: "O que não funcionou e o que está pronto para você",
      security:
        "Acessos, senhas, fatores e tokens. Não pode ser desligado: é assim que você sabe de uma invasão.",
    },
    reminder: "Lembrete por e-mail",
    reminderText:
      "Quanto tempo antes de uma reserva ele chega: para as feitas ou movidas de agora em diante, quando você recebe e-mails sobre reservas.",
    before: (minutes) =>
      minutes % 1440 === 0
        ? n(minutes / 1440, "dia antes", "dias antes")
        : minutes % 60 === 0
          ? n(minutes / 60, "hora antes", "horas antes")
          : n(minutes, "minuto antes", "minutos antes"),
    quiet: "Não perturbe",
    quietText:
      "Nestas horas, no seu próprio fuso, as notificações esperam sem mensagem na tela, assim como e-mails sobre agendamentos que começam mais de um dia depois.",
    enabled: "Manter silêncio",
    from: "De",
    until: "Até",
    saved: "Salvo",
    same: "O fim deve ser diferente do início",
  },
};
