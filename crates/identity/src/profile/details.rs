//! What a user tells of himself or herself, and which mails he or she wants.

use platform::text::Checks;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What colleagues may know. Sent whole: what is left out becomes empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Details {
    /// As it is dialled: `+31612345678`.
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    pub address: Option<Address>,
    #[schema(max_length = 2000)]
    pub bio: String,
    #[schema(max_items = 10)]
    pub links: Vec<Link>,
    #[schema(max_items = 30)]
    pub skills: Vec<String>,
    #[schema(max_length = 120)]
    pub title: String,
    #[schema(max_length = 120)]
    pub department: String,
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Address {
    #[schema(max_length = 200)]
    pub street: String,
    #[schema(max_length = 20)]
    pub postal_code: String,
    #[schema(max_length = 120)]
    pub city: String,
    #[schema(max_length = 120)]
    pub region: String,
    /// Two letters of ISO 3166-1: `NL`. Empty where it is not said.
    #[schema(max_length = 2)]
    pub country: String,
}

/// A page elsewhere that is the person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    #[schema(min_length = 1, max_length = 60)]
    pub label: String,
    /// `https://` or `http://`
    #[schema(max_length = 500)]
    pub url: String,
}

impl Details {
    /// As it is stored: trimmed, empty lines left out.
    pub fn checked(self, checks: &mut Checks) -> Self {
        let phone = self.phone.and_then(|text| {
            if text.chars().count() > 40 {
                checks.add("profile.phone", "too_long", "may have at most 40 characters");
            }
            checks.phone("profile.phone", &text)
        });
        let address = self.address.map(|address| address.checked(checks)).filter(|address| *address != Address::default());
        let bio = checks.paragraph("profile.bio", &self.bio, 2000);
        let title = checks.line("profile.title", &self.title, 0, 120);
        let department = checks.line("profile.department", &self.department, 0, 120);
        if self.links.len() > 10 {
            checks.add("profile.links", "too_long", "may have at most 10 links");
        }
        let links = self.links.into_iter().take(10).enumerate().map(|(at, link)| link.checked(checks, at)).collect();
        if self.skills.len() > 30 {
            checks.add("profile.skills", "too_long", "may have at most 30 skills");
        }
        let mut skills: Vec<String> = Vec::new();
        for (at, skill) in self.skills.iter().take(30).enumerate() {
            let skill = checks.line(&format!("profile.skills[{at}]"), skill, 1, 60);
            if !skills.iter().any(|known| known.to_lowercase() == skill.to_lowercase()) {
                skills.push(skill);
            }
        }
        Self { phone, address, bio, links, skills, title, department }
    }
}

impl Address {
    fn checked(self, checks: &mut Checks) -> Self {
        let country = self.country.trim().to_ascii_uppercase();
        if !(country.is_empty() || country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase())) {
            checks.add("profile.address.country", "invalid", "must be a country code of two letters such as NL");
        }
        Self {
            street: checks.line("profile.address.street", &self.street, 0, 200),
            postal_code: checks.line("profile.address.postal_code", &self.postal_code, 0, 20),
            city: checks.line("profile.address.city", &self.city, 0, 120),
            region: checks.line("profile.address.region", &self.region, 0, 120),
            country,
        }
    }
}

impl Link {
    fn checked(self, checks: &mut Checks, at: usize) -> Self {
        let label = checks.line(&format!("profile.links[{at}].label"), &self.label, 1, 60);
        let url = self.url.trim().to_owned();
        // Shown to others as a link: nothing that runs, and nothing that hides where it leads.
        let is_web = url.parse::<axum::http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("https" | "http"))
                && uri.authority().is_some_and(|authority| !authority.as_str().contains('@') && authority.host().contains('.'))
        });
        if !is_web || url.chars().count() > 500 {
            checks.add(&format!("profile.links[{at}].url"), "invalid", "must be an address such as https://example.com/ana");
        }
        Self { label, url }
    }
}

/// Which mails a user gets beside those that the work needs. The defaults are those of a new user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailPreferences {
    pub marketing: bool,
    pub updates: bool,
    /// Always true: who is not told of a new sign-in cannot act upon it.
    pub security: bool,
    pub newsletter: bool,
}

/// What is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailPreferencesChange {
    marketing: Option<bool>,
    updates: Option<bool>,
    /// May be sent, as true only.
    security: Option<bool>,
    newsletter: Option<bool>,
}

impl MailPreferencesChange {
    pub fn apply(self, checks: &mut Checks, to: &mut MailPreferences) {
        if self.security == Some(false) {
            checks.add("email_preferences.security", "not_switchable", "cannot be switched off: these mails keep your account safe");
        }
        to.marketing = self.marketing.unwrap_or(to.marketing);
        to.updates = self.updates.unwrap_or(to.updates);
        to.newsletter = self.newsletter.unwrap_or(to.newsletter);
    }
}

impl MailPreferences {
    /// Name and value of what differs, for the record of consent.
    pub fn changes_to(&self, after: &Self) -> Vec<(&'static str, bool)> {
        [
            ("marketing", self.marketing, after.marketing),
            ("updates", self.updates, after.updates),
            ("newsletter", self.newsletter, after.newsletter),
        ]
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(name, _, after)| (name, after))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn codes(input: serde_json::Value) -> Vec<String> {
        let mut checks = Checks::new();
        serde_json::from_value::<Details>(input).expect("of the right shape").checked(&mut checks);
        checks.done().err().map(|problem| problem.errors.into_iter().map(|error| error.field).collect()).unwrap_or_default()
    }

    #[test]
    fn links_lead_to_pages_and_run_nothing() {
        let link = |url: &str| codes(json!({ "links": [{ "label": "Mine", "url": url }] }));
        assert!(link("https://example.com/ana?x=1").is_empty());
        for bad in
            ["javascript:alert(1)", "data:text/html,x", "//example.com", "https://ana@evil.example", "https:/x", "ftp://example.com", ""]
        {
            assert_eq!(link(bad), ["profile.links[0].url"], "{bad}");
        }
    }

    #[test]
    fn what_is_empty_is_left_out_and_repeated_skills_are_one() {
        let mut checks = Checks::new();
        let given = json!({ "phone": " ", "address": { "country": " " }, "skills": ["Rust", " rust "], "title": " Owner " });
        let details = serde_json::from_value::<Details>(given).expect("of the right shape").checked(&mut checks);
        assert!(checks.done().is_ok());
        assert_eq!(details, Details { skills: vec!["Rust".to_owned()], title: "Owner".to_owned(), ..Details::default() });
    }

    #[test]
    fn every_field_has_its_bounds() {
        assert_eq!(codes(json!({ "phone": "12" })), ["profile.phone"]);
        assert_eq!(codes(json!({ "bio": "x".repeat(2001) })), ["profile.bio"]);
        assert_eq!(codes(json!({ "address": { "country": "NLD" } })), ["profile.address.country"]);
        assert_eq!(codes(json!({ "skills": vec!["x"; 31] })), ["profile.skills"]);
        let link = json!({ "label": "x", "url": "https://example.com" });
        assert_eq!(codes(json!({ "links": vec![link; 11] })), ["profile.links"]);
    }
}
