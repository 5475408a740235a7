//! The texts of the public pages. Each catalogue is one value of [`Texts`], so a missing text does not compile.

mod en;
mod nl;
mod pt_br;

pub(super) use en::EN;
pub(super) use nl::NL;
pub(super) use pt_br::PT_BR;

/// Everything a page says, in one language. Functions take what the sentence is about, already written in that language.
pub(crate) struct Texts {
    // Calendar words; weeks begin with Monday here.
    pub months: [&'static str; 12],
    pub months_short: [&'static str; 12],
    pub weekdays: [&'static str; 7],
    pub weekdays_short: [&'static str; 7],
    pub hour: &'static str,
    pub minute: &'static str,

    // Every page
    pub skip: &'static str,
    pub language: &'static str,
    pub details: &'static str,
    pub duration: &'static str,
    pub place: &'static str,
    pub zone: &'static str,
    pub when: &'static str,
    pub with: &'static str,
    pub free_days_hint: &'static str,
    pub for_organizer: fn(time: &str) -> String,

    // Places
    pub in_person: &'static str,
    pub by_phone: &'static str,
    pub by_video: &'static str,
    pub place_custom: &'static str,
    pub place_ask: &'static str,

    // The organizer's page
    pub organizer_title: fn(name: &str) -> String,
    pub what_to_book: &'static str,
    pub whom_to_book: &'static str,
    pub no_event_types: &'static str,

    // Day and time
    pub event_title: fn(event: &str, name: &str) -> String,
    pub choose_day: &'static str,
    pub previous_month: fn(month: &str) -> String,
    pub next_month: fn(month: &str) -> String,
    pub free: &'static str,
    pub times_in: fn(zone: &str) -> String,
    pub your_zone: &'static str,
    pub use_zone: &'static str,
    pub nothing_this_month: fn(month: &str) -> String,
    pub nothing_this_day: &'static str,
    pub next_free: fn(day: &str) -> String,
    pub nothing_at_all: fn(name: &str) -> String,
    pub needs_confirmation: &'static str,
    /// Who is out of office, from when and until when.
    pub away: fn(name: &str, from: &str, to: &str) -> String,
    /// Who takes the place meanwhile.
    pub stands_in: fn(name: &str) -> String,
    pub unknown_zone: fn(zone: &str) -> String,
    pub no_such_date: fn(date: &str) -> String,
    pub no_such_month: fn(month: &str) -> String,
    pub inactive_title: &'static str,
    pub inactive: &'static str,
    pub inactive_move: &'static str,
    pub other_events: fn(name: &str) -> String,

    // The form
    pub book_title: fn(event: &str, name: &str) -> String,
    pub your_details: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub email_hint: &'static str,
    pub phone: &'static str,
    pub notes: &'static str,
    pub notes_hint: &'static str,
    pub optional: &'static str,
    pub book: &'static str,
    pub ask_to_book: &'static str,
    pub other_time: &'static str,
    pub errors_title: &'static str,
    pub required: &'static str,
    pub invalid_email: &'static str,
    pub invalid_line: &'static str,
    pub invalid_phone: &'static str,
    pub invalid_url: &'static str,
    pub invalid_number: &'static str,
    pub invalid_date: &'static str,
    /// At a question that is asked for some answers only.
    pub depends: &'static str,
    pub invalid: &'static str,
    pub too_short: &'static str,
    pub too_long: &'static str,
    pub taken_title: &'static str,
    pub taken: &'static str,
    pub taken_move: &'static str,
    pub taken_none: &'static str,
    pub nearest: &'static str,
    pub kept_until: fn(time: &str) -> String,
    pub kept_left: fn(left: &str) -> String,
    pub kept_over: &'static str,
    pub no_start: &'static str,

    // After the booking
    pub confirmed: &'static str,
    pub confirmed_lead: fn(email: &str) -> String,
    pub pending: &'static str,
    pub pending_lead: fn(name: &str, email: &str) -> String,
    pub cancelled: &'static str,
    pub cancelled_by_invitee: &'static str,
    pub cancelled_by_organizer: fn(name: &str) -> String,
    pub declined: &'static str,
    pub declined_lead: fn(name: &str) -> String,
    pub past: &'static str,
    pub past_lead: &'static str,
    pub no_show: &'static str,
    pub reason: &'static str,
    pub moved_from: &'static str,
    pub booked_by: &'static str,
    pub add_to_calendar: &'static str,
    pub calendar_file: &'static str,
    pub change: &'static str,
    pub reschedule: &'static str,
    pub cancel: &'static str,
    pub cancel_hint: fn(name: &str) -> String,
    pub cancel_reason: &'static str,
    pub confirm_cancel: &'static str,
    pub book_again: &'static str,
    pub keep_link: &'static str,

    // Another time
    pub reschedule_title: fn(event: &str) -> String,
    pub current_time: &'static str,
    pub new_time: &'static str,
    pub confirm_reschedule: &'static str,
    pub keep_time: &'static str,

    // Ending messages that are not part of a booking
    pub unsubscribe_title: &'static str,
    pub unsubscribe: fn(address: &str) -> String,
    pub unsubscribe_button: &'static str,
    pub unsubscribed_title: &'static str,
    pub unsubscribed: fn(address: &str) -> String,
    pub unsubscribe_not_found: &'static str,

    // Refusals
    pub not_found_title: &'static str,
    pub not_found: &'static str,
    pub manage_not_found: &'static str,
    pub not_changeable_title: &'static str,
    pub not_changeable: &'static str,
    pub busy_title: &'static str,
    pub rate_limited: fn(seconds: u64) -> String,
    pub overloaded: &'static str,
    pub malformed_title: &'static str,
    pub malformed: &'static str,
    pub elsewhere_title: &'static str,
    pub elsewhere: &'static str,
    pub too_large: &'static str,
    pub failed_title: &'static str,
    pub failed: &'static str,
    pub request_id: &'static str,
}
