//! Portuguese (Brazil) texts.

use super::{Catalogue, Texts};

pub const CATALOGUE: Catalogue = Catalogue {
    lang: "pt-BR",
    hello: "Olá, {name},",
    hello_nobody: "Olá,",
    verification: Texts {
        subject: "Confirme seu endereço de e-mail",
        paragraphs: &[
            "Você se cadastrou no Atrium com este endereço. Confirme-o com a senha que escolheu, e seu espaço de trabalho estará pronto.",
            "O link vale por 24 horas.",
        ],
        button: "Confirmar endereço",
        footer: "Se você não se cadastrou, ignore este e-mail. Sem a sua confirmação, nenhuma conta é criada.",
    },
    account_exists: Texts {
        subject: "Você já tem uma conta",
        paragraphs: &[
            "Alguém se cadastrou no Atrium com este endereço, talvez você. Você já tem uma conta, então nada foi alterado.",
            "Entre como de costume. Se esqueceu a senha, você pode definir uma nova ali mesmo.",
        ],
        button: "Entrar",
        footer: "Se não foi você, não é preciso fazer nada: ninguém entrou na sua conta.",
    },
    registration_unfinished: Texts {
        subject: "Seu cadastro não foi concluído",
        paragraphs: &[
            "Você pediu uma nova senha, mas seu cadastro com este endereço nunca foi confirmado, então ainda não há uma conta.",
            "Cadastre-se de novo e escolha uma senha. Vale o cadastro mais recente.",
        ],
        button: "Cadastrar-se",
        footer: "Se você não fez este pedido, ignore este e-mail.",
    },
    sign_in_link: Texts {
        subject: "Seu link para entrar",
        paragraphs: &[
            "Você pediu um link para entrar no Atrium. Abra-o no navegador em que fez o pedido.",
            "Em outro navegador é preciso o código que aparece onde você fez o pedido. O link funciona uma vez, por dez minutos.",
        ],
        button: "Entrar",
        footer: "Se não foi você que pediu, ignore este e-mail e não passe o link a ninguém.",
    },
    password_reset: Texts {
        subject: "Defina uma nova senha",
        paragraphs: &[
            "Você pediu uma nova senha para a sua conta do Atrium.",
            "O link vale uma única vez, por 30 minutos. Ao definir uma nova senha, você sai de todos os dispositivos.",
        ],
        button: "Definir nova senha",
        footer: "Se você não fez este pedido, ignore este e-mail. Sua senha continua a mesma.",
    },
    password_changed: Texts {
        subject: "Sua senha foi alterada",
        paragraphs: &[
            "A senha da sua conta do Atrium acaba de ser alterada, e seus outros dispositivos foram desconectados.",
            "Se foi você, não é preciso fazer nada. Se não foi, defina uma nova senha agora mesmo.",
        ],
        button: "Não fui eu",
        footer: "Você recebe este e-mail sempre que sua senha muda.",
    },
    security_notice: Texts {
        subject: "Segurança da sua conta: {what}",
        paragraphs: &[
            "{what}. Aconteceu agora há pouco na sua conta Atrium.",
            "Se foi você, não há nada a fazer. Se não foi, veja a sua conta agora mesmo e troque a senha.",
        ],
        button: "Ver segurança da conta",
        footer: "Você recebe este e-mail sempre que muda a forma de entrar.",
    },
    notices: [
        ("totp_added", "Um aplicativo autenticador foi adicionado"),
        ("totp_removed", "O aplicativo autenticador foi removido"),
        ("passkey_added", "Uma chave de acesso foi adicionada"),
        ("passkey_removed", "Uma chave de acesso foi removida"),
        ("recovery_codes_replaced", "Novos códigos de recuperação foram criados"),
        ("access_token_created", "Um token de acesso foi criado"),
        ("identity_linked", "Uma conta de outra empresa foi vinculada"),
        ("identity_unlinked", "Uma conta de outra empresa foi desvinculada"),
    ],
    invitation: Texts {
        subject: "{inviter} convida você para {workspace}",
        paragraphs: &["{inviter} convida você a trabalhar em {workspace} no Atrium.", "O link vale por 7 dias."],
        button: "Ver o convite",
        footer: "Se você não conhece quem enviou, ignore este e-mail.",
    },
    workspace: "Espaço de trabalho",
    role: "Seu papel",
    invited_by: "Convite de",
    message: "Mensagem",
    roles: [
        ("owner", "Proprietário"),
        ("admin", "Administrador"),
        ("editor", "Editor"),
        ("salesperson", "Vendedor"),
        ("contributor", "Colaborador"),
        ("viewer", "Leitor"),
        ("guest", "Convidado"),
    ],
};
