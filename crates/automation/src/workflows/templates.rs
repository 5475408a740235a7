//! Workflows to start from, in the workspace's language.

use serde::Serialize;
use utoipa::ToSchema;

use super::conditions::{Conditions, Group, Match, Op, Rule};
use super::{Config, OnFailure, Recipient, Step, StepKind};

/// A workflow that is made ready, to be changed and saved.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowTemplate {
    /// `reminder`, `thank_you`, `no_show`, `review`
    pub key: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    pub trigger: &'static str,
    pub delay_minutes: i32,
    pub steps: Vec<Step>,
}

struct Texts {
    name: &'static str,
    description: &'static str,
    step: &'static str,
    subject: &'static str,
    text: &'static str,
}

struct Shape {
    key: &'static str,
    trigger: &'static str,
    delay_minutes: i32,
    is_transactional: bool,
    /// For bookings in that status alone, should it have changed meanwhile.
    status: Option<&'static str>,
    texts: [Texts; 3],
}

const SHAPES: [Shape; 4] = [
    Shape {
        key: "reminder",
        trigger: "booking.before_start",
        delay_minutes: 24 * 60,
        is_transactional: true,
        status: Some("confirmed"),
        texts: [
            Texts {
                name: "Reminder a day before",
                description: "Reminds the invitee of the booking a day before it starts.",
                step: "Remind the invitee",
                subject: "Tomorrow: {{ booking.event_type }} with {{ booking.organizer }}",
                text: "Hello {{ booking.invitee_name }},\n\nwe look forward to seeing you on {{ booking.date }} at {{ booking.time }} ({{ booking.invitee_timezone }}).{% if booking.location %}\n\nWhere: {{ booking.location }}{% endif %}\n\nYou cannot make it? Change or cancel here: {{ booking.manage_url }}",
            },
            Texts {
                name: "Herinnering een dag ervoor",
                description: "Herinnert de genodigde een dag van tevoren aan de afspraak.",
                step: "Genodigde herinneren",
                subject: "Morgen: {{ booking.event_type }} met {{ booking.organizer }}",
                text: "Hallo {{ booking.invitee_name }},\n\nwe zien u graag op {{ booking.date }} om {{ booking.time }} ({{ booking.invitee_timezone }}).{% if booking.location %}\n\nWaar: {{ booking.location }}{% endif %}\n\nKomt het toch niet uit? Verzet of annuleer de afspraak hier: {{ booking.manage_url }}",
            },
            Texts {
                name: "Lembrete um dia antes",
                description: "Lembra o convidado da reserva um dia antes do início.",
                step: "Lembrar o convidado",
                subject: "Amanhã: {{ booking.event_type }} com {{ booking.organizer }}",
                text: "Olá, {{ booking.invitee_name }},\n\nEsperamos você em {{ booking.date }}, às {{ booking.time }} ({{ booking.invitee_timezone }}).{% if booking.location %}\n\nOnde: {{ booking.location }}{% endif %}\n\nNão poderá vir? Remarque ou cancele aqui: {{ booking.manage_url }}",
            },
        ],
    },
    Shape {
        key: "thank_you",
        trigger: "booking.after_end",
        delay_minutes: 60,
        is_transactional: true,
        status: None,
        texts: [
            Texts {
                name: "Thank-you after the meeting",
                description: "Thanks the invitee an hour after the end.",
                step: "Say thank you",
                subject: "Thank you for your time, {{ booking.invitee_name }}",
                text: "Hello {{ booking.invitee_name }},\n\nthank you for coming to {{ booking.event_type }}. If a question is left, simply answer this mail.\n\nTo meet again, book here: {{ booking.book_again_url }}",
            },
            Texts {
                name: "Bedankje na de afspraak",
                description: "Bedankt de genodigde een uur na afloop.",
                step: "Bedanken",
                subject: "Bedankt voor uw tijd, {{ booking.invitee_name }}",
                text: "Hallo {{ booking.invitee_name }},\n\nbedankt voor uw komst bij {{ booking.event_type }}. Is er nog een vraag, beantwoord dan gewoon deze mail.\n\nOpnieuw afspreken kan hier: {{ booking.book_again_url }}",
            },
            Texts {
                name: "Agradecimento após o encontro",
                description: "Agradece ao convidado uma hora depois do término.",
                step: "Agradecer",
                subject: "Obrigado pelo seu tempo, {{ booking.invitee_name }}",
                text: "Olá, {{ booking.invitee_name }},\n\nObrigado por participar de {{ booking.event_type }}. Se ficou alguma dúvida, basta responder a este e-mail.\n\nPara um novo encontro, reserve aqui: {{ booking.book_again_url }}",
            },
        ],
    },
    Shape {
        key: "no_show",
        trigger: "booking.no_show",
        delay_minutes: 60,
        is_transactional: true,
        status: Some("no_show"),
        texts: [
            Texts {
                name: "Follow-up after a no-show",
                description: "Offers another time an hour after somebody was marked as not having come.",
                step: "Offer another time",
                subject: "We missed you, {{ booking.invitee_name }}",
                text: "Hello {{ booking.invitee_name }},\n\nwe missed you at {{ booking.event_type }} on {{ booking.date }}. These things happen.\n\nWould you like another time? Choose one here: {{ booking.book_again_url }}",
            },
            Texts {
                name: "Opvolging na niet verschijnen",
                description: "Biedt een ander moment aan, een uur nadat iemand als niet verschenen is gemarkeerd.",
                step: "Ander moment aanbieden",
                subject: "We hebben u gemist, {{ booking.invitee_name }}",
                text: "Hallo {{ booking.invitee_name }},\n\nwe hebben u gemist bij {{ booking.event_type }} op {{ booking.date }}. Dat kan gebeuren.\n\nWilt u een ander moment? Kies er hier een: {{ booking.book_again_url }}",
            },
            Texts {
                name: "Contato após uma ausência",
                description: "Oferece outro horário uma hora depois que alguém foi marcado como ausente.",
                step: "Oferecer outro horário",
                subject: "Sentimos sua falta, {{ booking.invitee_name }}",
                text: "Olá, {{ booking.invitee_name }},\n\nSentimos sua falta em {{ booking.event_type }}, em {{ booking.date }}. Acontece.\n\nQuer outro horário? Escolha aqui: {{ booking.book_again_url }}",
            },
        ],
    },
    Shape {
        key: "review",
        trigger: "booking.after_end",
        delay_minutes: 24 * 60,
        // Nobody asked for it, so it carries a way to unsubscribe.
        is_transactional: false,
        status: None,
        texts: [
            Texts {
                name: "Request for a review",
                description: "Asks the invitee a day after the end how it was.",
                step: "Ask for a review",
                subject: "How was {{ booking.event_type }}?",
                text: "Hello {{ booking.invitee_name }},\n\nhow was {{ booking.event_type }} with {{ booking.organizer }}? A few words in answer to this mail help us and others.\n\nThank you.",
            },
            Texts {
                name: "Verzoek om een beoordeling",
                description: "Vraagt de genodigde een dag na afloop hoe het was.",
                step: "Om beoordeling vragen",
                subject: "Hoe was {{ booking.event_type }}?",
                text: "Hallo {{ booking.invitee_name }},\n\nhoe was {{ booking.event_type }} met {{ booking.organizer }}? Een paar woorden als antwoord op deze mail helpen ons en anderen.\n\nBedankt.",
            },
            Texts {
                name: "Pedido de avaliação",
                description: "Pergunta ao convidado, um dia depois do término, como foi.",
                step: "Pedir avaliação",
                subject: "Como foi {{ booking.event_type }}?",
                text: "Olá, {{ booking.invitee_name }},\n\nComo foi {{ booking.event_type }} com {{ booking.organizer }}? Algumas palavras em resposta a este e-mail ajudam a nós e a outros.\n\nObrigado.",
            },
        ],
    },
];

/// All of them, in that language; in English where there is no other.
pub fn all(locale: &str) -> Vec<WorkflowTemplate> {
    let language = match locale.split('-').next() {
        Some("nl") => 1,
        Some("pt") => 2,
        _ => 0,
    };
    SHAPES.iter().map(|shape| shape.template(&shape.texts[language])).collect()
}

impl Shape {
    fn template(&self, texts: &Texts) -> WorkflowTemplate {
        let rule = |status: &str| Rule { field: "booking.status".to_owned(), op: Op::Equals, value: status.to_owned() };
        let groups = self.status.map(|status| Group { r#match: Match::All, rules: vec![rule(status)] });
        let step = Step {
            name: texts.step.to_owned(),
            kind: StepKind::SendEmail,
            recipient: Some(Recipient::Invitee),
            conditions: Conditions { r#match: Match::All, groups: groups.into_iter().collect() },
            config: Config {
                subject: Some(texts.subject.to_owned()),
                text: Some(texts.text.to_owned()),
                is_transactional: Some(self.is_transactional),
                ..Config::default()
            },
            on_failure: OnFailure::Stop,
        };
        WorkflowTemplate {
            key: self.key,
            name: texts.name,
            description: texts.description,
            trigger: self.trigger,
            delay_minutes: self.delay_minutes,
            steps: vec![step],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workflows::texts;

    #[test]
    fn each_is_filled_in_in_each_language() {
        let values = json!({ "booking": {
            "invitee_name": "Vera", "event_type": "Intro call", "organizer": "Ana", "date": "Monday, 8 September", "time": "11:00",
            "invitee_timezone": "Europe/Amsterdam", "location": "", "manage_url": "https://x.example/m", "book_again_url": "https://x.example/b",
        } });
        for locale in ["en", "nl", "pt-BR", "fr"] {
            for template in all(locale) {
                for text in [&template.steps[0].config.subject, &template.steps[0].config.text] {
                    let said = texts::render(text.as_deref().expect("a text"), &values).expect("filled in");
                    assert!(said.contains("Vera") || said.contains("Intro call"), "{said}");
                    assert!(!said.contains('{') && !said.contains("  "), "{said}");
                }
            }
        }
    }
}
