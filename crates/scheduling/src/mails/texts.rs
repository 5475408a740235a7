//! The texts of booking mails. Each catalogue is one value of [`MailTexts`], so a missing text does not compile.

use crate::pages::language::Language;

type Subject = fn(event: &str, other: &str, when: &str) -> String;
type About = fn(name: &str) -> String;

pub(super) struct MailTexts {
    pub subject_requested: Subject,
    pub subject_to_confirm: Subject,
    pub subject_confirmed: Subject,
    pub subject_booked: Subject,
    pub subject_rescheduled: Subject,
    pub subject_reassigned: Subject,
    pub subject_handed_over: Subject,
    pub subject_cancelled: Subject,
    pub subject_declined: Subject,
    pub subject_reminder: Subject,

    pub title_requested: &'static str,
    pub title_to_confirm: &'static str,
    pub title_confirmed: &'static str,
    pub title_booked: &'static str,
    pub title_rescheduled: &'static str,
    pub title_reassigned: &'static str,
    pub title_handed_over: &'static str,
    pub title_cancelled: &'static str,
    pub title_declined: &'static str,
    pub title_reminder: &'static str,

    pub greeting: About,
    pub lead_requested: About,
    pub lead_to_confirm: About,
    pub lead_confirmed: &'static str,
    pub lead_booked: About,
    pub lead_move_requested: About,
    pub lead_move_to_confirm: About,
    pub lead_rescheduled: &'static str,
    pub lead_reassigned: About,
    pub lead_colleague: About,
    pub lead_handed_over: &'static str,
    pub lead_cancelled_by: About,
    pub lead_cancelled: &'static str,
    pub lead_declined: About,
    pub lead_you_declined: &'static str,
    pub lead_reminder: &'static str,

    pub what: &'static str,
    pub when: &'static str,
    pub before: &'static str,
    pub with: &'static str,
    pub place: &'static str,
    pub notes: &'static str,
    pub reason: &'static str,

    pub see_or_change: &'static str,
    pub book_again: &'static str,
    pub confirm_or_decline: &'static str,
    pub open: &'static str,
    pub why_invitee: About,
    pub why_organizer: &'static str,
}

pub(super) fn texts(language: Language) -> &'static MailTexts {
    match language {
        Language::En => &EN,
        Language::PtBr => &PT_BR,
        Language::Nl => &NL,
    }
}

static EN: MailTexts = MailTexts {
    subject_requested: |event, other, when| format!("Requested: {event} with {other}, {when}"),
    subject_to_confirm: |event, other, when| format!("To confirm: {event} with {other}, {when}"),
    subject_confirmed: |event, other, when| format!("Confirmed: {event} with {other}, {when}"),
    subject_booked: |event, other, when| format!("Booked: {event} with {other}, {when}"),
    subject_rescheduled: |event, other, when| format!("Moved: {event} with {other}, now {when}"),
    subject_reassigned: |event, other, when| format!("Now with {other}: {event}, {when}"),
    subject_handed_over: |event, other, when| format!("Handed over: {event} with {other}, {when}"),
    subject_cancelled: |event, other, when| format!("Cancelled: {event} with {other}, {when}"),
    subject_declined: |event, other, when| format!("Declined: {event} with {other}, {when}"),
    subject_reminder: |event, other, when| format!("Reminder: {event} with {other}, {when}"),

    title_requested: "Your booking waits to be confirmed",
    title_to_confirm: "A booking waits for you to confirm it",
    title_confirmed: "Your booking is confirmed",
    title_booked: "You have been booked",
    title_rescheduled: "The booking has a new time",
    title_reassigned: "Somebody else takes your booking",
    title_handed_over: "A colleague takes this booking",
    title_cancelled: "The booking is cancelled",
    title_declined: "The booking was declined",
    title_reminder: "A booking is coming up",

    greeting: |name| format!("Hello {name},"),
    lead_requested: |name| {
        format!("{name} has your request and has yet to confirm it. The time is kept for you until then; a mail will tell you the answer.")
    },
    lead_to_confirm: |name| format!("{name} asks for this time. It is kept until you confirm or decline."),
    lead_confirmed: "The attached calendar file holds the time and place.",
    lead_booked: |name| format!("{name} is booked with you. The attached calendar file holds the time and place."),
    lead_move_requested: |name| format!("You asked for another time. {name} has yet to confirm it; a mail will tell you the answer."),
    lead_move_to_confirm: |name| format!("{name} asks for another time. It is kept until you confirm or decline."),
    lead_rescheduled: "The attached calendar file brings your calendar up to date.",
    lead_reassigned: |names| {
        format!("It is with {names} now, at the same time. The attached calendar file brings your calendar up to date.")
    },
    lead_colleague: |names| format!("It is held by {names} now. The attached calendar file brings your calendar up to date."),
    lead_handed_over: "It is no longer yours. The attached calendar file takes it out of your calendar.",
    lead_cancelled_by: |name| format!("{name} cancelled this booking. The attached calendar file takes it out of your calendar."),
    lead_cancelled: "This booking is cancelled. The attached calendar file takes it out of your calendar.",
    lead_declined: |name| format!("{name} cannot make this time. You can choose another one."),
    lead_you_declined: "You declined this booking. The attached calendar file takes it out of your calendar.",
    lead_reminder: "This is a reminder of a booking that stands.",

    what: "What",
    when: "When",
    before: "Before",
    with: "With",
    place: "Where",
    notes: "Notes",
    reason: "Reason",

    see_or_change: "See or change the booking",
    book_again: "Choose another time",
    confirm_or_decline: "Confirm or decline",
    open: "Open the booking",
    why_invitee: |name| format!("You get this mail because this address was used to book with {name}. Reply to reach {name}."),
    why_organizer: "You get this mail because it is a booking with you. Reply to reach the invitee.",
};

static PT_BR: MailTexts = MailTexts {
    subject_requested: |event, other, when| format!("Solicitado: {event} com {other}, {when}"),
    subject_to_confirm: |event, other, when| format!("Para confirmar: {event} com {other}, {when}"),
    subject_confirmed: |event, other, when| format!("Confirmado: {event} com {other}, {when}"),
    subject_booked: |event, other, when| format!("Agendado: {event} com {other}, {when}"),
    subject_rescheduled: |event, other, when| format!("Remarcado: {event} com {other}, agora {when}"),
    subject_reassigned: |event, other, when| format!("Agora com {other}: {event}, {when}"),
    subject_handed_over: |event, other, when| format!("Repassado: {event} com {other}, {when}"),
    subject_cancelled: |event, other, when| format!("Cancelado: {event} com {other}, {when}"),
    subject_declined: |event, other, when| format!("Recusado: {event} com {other}, {when}"),
    subject_reminder: |event, other, when| format!("Lembrete: {event} com {other}, {when}"),

    title_requested: "Seu agendamento aguarda confirmação",
    title_to_confirm: "Um agendamento aguarda a sua confirmação",
    title_confirmed: "Seu agendamento está confirmado",
    title_booked: "Você tem um novo agendamento",
    title_rescheduled: "O agendamento tem um novo horário",
    title_reassigned: "Outra pessoa assume o seu agendamento",
    title_handed_over: "Um colega assume este agendamento",
    title_cancelled: "O agendamento foi cancelado",
    title_declined: "O agendamento foi recusado",
    title_reminder: "Um agendamento se aproxima",

    greeting: |name| format!("Olá, {name},"),
    lead_requested: |name| {
        format!("{name} recebeu o seu pedido e ainda precisa confirmar. Até lá o horário fica reservado; a resposta chega por e-mail.")
    },
    lead_to_confirm: |name| format!("{name} pede este horário. Ele fica reservado até você confirmar ou recusar."),
    lead_confirmed: "O arquivo de calendário em anexo traz o horário e o local.",
    lead_booked: |name| format!("{name} agendou com você. O arquivo de calendário em anexo traz o horário e o local."),
    lead_move_requested: |name| format!("Você pediu outro horário. {name} ainda precisa confirmar; a resposta chega por e-mail."),
    lead_move_to_confirm: |name| format!("{name} pede outro horário. Ele fica reservado até você confirmar ou recusar."),
    lead_rescheduled: "O arquivo de calendário em anexo atualiza a sua agenda.",
    lead_reassigned: |names| format!("Agora é com {names}, no mesmo horário. O arquivo de calendário em anexo atualiza a sua agenda."),
    lead_colleague: |names| format!("Agora está com {names}. O arquivo de calendário em anexo atualiza a sua agenda."),
    lead_handed_over: "Ele não é mais seu. O arquivo de calendário em anexo o retira da sua agenda.",
    lead_cancelled_by: |name| format!("{name} cancelou este agendamento. O arquivo de calendário em anexo o retira da sua agenda."),
    lead_cancelled: "Este agendamento foi cancelado. O arquivo de calendário em anexo o retira da sua agenda.",
    lead_declined: |name| format!("{name} não pode neste horário. Você pode escolher outro."),
    lead_you_declined: "Você recusou este agendamento. O arquivo de calendário em anexo o retira da sua agenda.",
    lead_reminder: "Este é um lembrete de um agendamento confirmado.",

    what: "O quê",
    when: "Quando",
    before: "Antes",
    with: "Com",
    place: "Onde",
    notes: "Observações",
    reason: "Motivo",

    see_or_change: "Ver ou alterar o agendamento",
    book_again: "Escolher outro horário",
    confirm_or_decline: "Confirmar ou recusar",
    open: "Abrir o agendamento",
    why_invitee: |name| {
        format!("Você recebe este e-mail porque este endereço foi usado para agendar com {name}. Responda para falar com {name}.")
    },
    why_organizer: "Você recebe este e-mail porque é um agendamento com você. Responda para falar com quem agendou.",
};

static NL: MailTexts = MailTexts {
    subject_requested: |event, other, when| format!("Aangevraagd: {event} met {other}, {when}"),
    subject_to_confirm: |event, other, when| format!("Te bevestigen: {event} met {other}, {when}"),
    subject_confirmed: |event, other, when| format!("Bevestigd: {event} met {other}, {when}"),
    subject_booked: |event, other, when| format!("Geboekt: {event} met {other}, {when}"),
    subject_rescheduled: |event, other, when| format!("Verplaatst: {event} met {other}, nu {when}"),
    subject_reassigned: |event, other, when| format!("Nu met {other}: {event}, {when}"),
    subject_handed_over: |event, other, when| format!("Overgedragen: {event} met {other}, {when}"),
    subject_cancelled: |event, other, when| format!("Geannuleerd: {event} met {other}, {when}"),
    subject_declined: |event, other, when| format!("Afgewezen: {event} met {other}, {when}"),
    subject_reminder: |event, other, when| format!("Herinnering: {event} met {other}, {when}"),

    title_requested: "Je boeking moet nog worden bevestigd",
    title_to_confirm: "Een boeking wacht op je bevestiging",
    title_confirmed: "Je boeking is bevestigd",
    title_booked: "Je hebt een nieuwe boeking",
    title_rescheduled: "De boeking heeft een nieuwe tijd",
    title_reassigned: "Iemand anders neemt je afspraak over",
    title_handed_over: "Een collega neemt deze afspraak over",
    title_cancelled: "De boeking is geannuleerd",
    title_declined: "De boeking is afgewezen",
    title_reminder: "Er komt een boeking aan",

    greeting: |name| format!("Hallo {name},"),
    lead_requested: |name| {
        format!(
            "{name} heeft je aanvraag ontvangen en moet die nog bevestigen. Tot dan blijft de tijd voor je vrij; het antwoord komt per e-mail."
        )
    },
    lead_to_confirm: |name| format!("{name} vraagt om deze tijd. Die blijft vrij tot je bevestigt of afwijst."),
    lead_confirmed: "Het agendabestand in de bijlage bevat tijd en plaats.",
    lead_booked: |name| format!("{name} heeft bij je geboekt. Het agendabestand in de bijlage bevat tijd en plaats."),
    lead_move_requested: |name| format!("Je vroeg om een andere tijd. {name} moet die nog bevestigen; het antwoord komt per e-mail."),
    lead_move_to_confirm: |name| format!("{name} vraagt om een andere tijd. Die blijft vrij tot je bevestigt of afwijst."),
    lead_rescheduled: "Het agendabestand in de bijlage werkt je agenda bij.",
    lead_reassigned: |names| {
        format!("De afspraak is nu met {names}, op dezelfde tijd. Het agendabestand in de bijlage werkt je agenda bij.")
    },
    lead_colleague: |names| format!("De afspraak is nu van {names}. Het agendabestand in de bijlage werkt je agenda bij."),
    lead_handed_over: "De afspraak is niet meer van jou. Het agendabestand in de bijlage haalt hem uit je agenda.",
    lead_cancelled_by: |name| format!("{name} heeft deze boeking geannuleerd. Het agendabestand in de bijlage haalt haar uit je agenda."),
    lead_cancelled: "Deze boeking is geannuleerd. Het agendabestand in de bijlage haalt haar uit je agenda.",
    lead_declined: |name| format!("{name} kan niet op deze tijd. Je kunt een andere kiezen."),
    lead_you_declined: "Je hebt deze boeking afgewezen. Het agendabestand in de bijlage haalt haar uit je agenda.",
    lead_reminder: "Dit is een herinnering aan een boeking die staat.",

    what: "Wat",
    when: "Wanneer",
    before: "Eerst",
    with: "Met",
    place: "Waar",
    notes: "Opmerkingen",
    reason: "Reden",

    see_or_change: "Boeking bekijken of wijzigen",
    book_again: "Een andere tijd kiezen",
    confirm_or_decline: "Bevestigen of afwijzen",
    open: "Boeking openen",
    why_invitee: |name| {
        format!("Je krijgt deze e-mail omdat dit adres is gebruikt om bij {name} te boeken. Antwoord om {name} te bereiken.")
    },
    why_organizer: "Je krijgt deze e-mail omdat het een boeking bij jou is. Antwoord om de ander te bereiken.",
};
