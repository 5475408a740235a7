//! Demo data: made through the API itself, so that it obeys every rule, with a clock that stands in the past for what is past.

use std::io::Write;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use clap::Args;
use http_body_util::BodyExt;
use platform::App;
use platform::rate_limit::RateLimits;
use platform::state::Parts;
use platform::time::{Clock, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::health::Health;
use crate::serve::Failure;
use crate::{migrate, router};

/// How one signs in to the demo. It is public knowledge, so a demo is for this machine only.
pub const DEMO_EMAIL: &str = "ana@brightside.example";
pub const DEMO_PASSWORD: &str = "correct horse battery";

const DAY: i64 = 86_400;

#[derive(Args, Debug)]
pub struct SeedArgs {
    /// Empty a database that holds demo data and nothing else, and fill it anew
    #[arg(long)]
    pub fresh: bool,
    /// Empty it although people signed up beside the demo: their workspaces are lost
    #[arg(long, requires = "fresh")]
    pub allow_data_loss: bool,
}

/// # Errors
/// A database with real data, or one that is filled already.
pub async fn run(app: &App, args: &SeedArgs) -> Result<(), Failure> {
    if args.fresh {
        empty(app, args.allow_data_loss).await?;
    } else if !is_empty(app).await? {
        return Err("this database is not empty. `--fresh` empties one that holds demo data, and no other".into());
    }
    fill(app).await?;
    println!("Sign in as {DEMO_EMAIL} with the password «{DEMO_PASSWORD}».");
    Ok(())
}

/// For `serve --demo`: fills an empty database, and says how to sign in to one that holds the demo.
///
/// # Errors
/// The database's.
pub async fn demo_where_empty(app: &App, out: &mut impl Write) -> Result<(), Failure> {
    if is_empty(app).await? {
        writeln!(out, "Filling the database with demo data …")?;
        fill(app).await?;
    }
    if is_demo(app).await? {
        let url = &app.config.public_url;
        writeln!(
            out,
            "\n  Atrium        {url}\n  Sign in       {DEMO_EMAIL}\n  Password      {DEMO_PASSWORD}\n  Public page   {url}/b/ana-jansen\n  Mails         {url}/mailbox\n"
        )?;
        out.flush()?;
    }
    Ok(())
}

async fn is_empty(app: &App) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM directory.users) AS "empty!""#).fetch_one(&app.pools.owner).await
}

async fn is_demo(app: &App) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!("SELECT is_demo FROM security.instance").fetch_one(&app.pools.owner).await
}

/// Goes back and forward over all migrations: nothing of the demo is left.
async fn empty(app: &App, allow_data_loss: bool) -> Result<(), Failure> {
    if !is_demo(app).await? && !is_empty(app).await? {
        return Err("this database holds real data: it is not emptied".into());
    }
    let owner = app.pools.owner.connect_options();
    let mut connection = app.pools.owner.acquire().await?;
    if !allow_data_loss && !migrate::is_demo(&mut connection).await? {
        return Err("people signed up beside the demo, and their data would be lost: it is not emptied. `--allow-data-loss` insists".into());
    }
    drop(connection);
    migrate::down(&owner, 0, true).await?;
    sqlx::query("DELETE FROM graphile_worker._private_jobs").execute(&app.pools.owner).await?;
    migrate::up(&owner, &app.keys).await?;
    Ok(())
}

async fn fill(app: &App) -> Result<(), Failure> {
    if app.mailer.smtp.is_some() {
        return Err("demo data would send mails to invented people: leave --smtp-host out".into());
    }
    sqlx::query!("UPDATE security.instance SET is_demo = true").execute(&app.pools.owner).await?;
    let clock = Clock::fixed(app.clock.now());
    let parts = Parts { clock: clock.clone(), limits: std::sync::Arc::new(RateLimits::new(10_000)), ..Parts::clone(app) };
    let demo =
        Demo { now: app.clock.now(), router: router::router(Health { app: App::new(parts), draining: std::sync::Arc::default() }), clock };
    demo.brightside(app).await?;
    demo.aurora(app).await?;
    Ok(())
}

struct Demo {
    now: Timestamp,
    clock: Clock,
    router: Router,
}

/// Somebody signed in.
struct Person<'a> {
    demo: &'a Demo,
    cookie: String,
}

impl Demo {
    /// A design studio in Amsterdam: three organizers, three weeks of bookings behind and three ahead.
    async fn brightside(&self, app: &App) -> Result<(), Failure> {
        self.clock.set(self.now.plus_seconds(-21 * DAY));
        let ana = self.founder(app, "Ana Jansen", DEMO_EMAIL, "Brightside Studio", "Europe/Amsterdam", true).await?;
        ana.organizer("ana-jansen", "Ana Jansen", "Europe/Amsterdam", "#4f46e5", "Brand and product design. Pick a time that suits you.")
            .await?;
        ana.event_type("Intro call", "intro-call", 30, "phone", "We call you on the number you leave.", false).await?;
        ana.event_type("Design review", "design-review", 60, "video", "", false).await?;
        ana.event_type("Studio visit", "studio-visit", 90, "in_person", "Prinsengracht 263, Amsterdam", true).await?;
        let bram = self.colleague(&ana, "Bram de Vries", "bram@brightside.example", "editor").await?;
        bram.organizer("bram-de-vries", "Bram de Vries", "Europe/Amsterdam", "#0f766e", "").await?;
        bram.event_type("Website check", "website-check", 45, "video", "", false).await?;
        let carla = self.colleague(&ana, "Carla Mendes", "carla@brightside.example", "salesperson").await?;
        carla.organizer("carla-mendes", "Carla Mendes", "Europe/Lisbon", "#b45309", "Olá! Vamos conversar.").await?;
        carla.event_type("Proposal talk", "proposal-talk", 30, "phone", "", false).await?;
        self.colleague(&ana, "Daan Visser", "daan@brightside.example", "viewer").await?;
        for (name, email, lifecycle) in [
            ("Northwind Traders", "hello@northwind.example", "customer"),
            ("Polder & Zonen", "info@polder.example", "prospect"),
            ("Ingrid Søndergaard", "ingrid@fjord.example", "customer"),
        ] {
            let kind = if name.contains(' ') && !name.contains("Ingrid") { "company" } else { "person" };
            ana.ask(Method::POST, "/contacts", json!({ "kind": kind, "name": name, "email": email, "lifecycle": lifecycle })).await?;
        }
        let pages = [
            ("ana-jansen", "intro-call"),
            ("ana-jansen", "design-review"),
            ("bram-de-vries", "website-check"),
            ("carla-mendes", "proposal-talk"),
            ("ana-jansen", "studio-visit"),
        ];
        for (n, day) in (-20..=20).step_by(2).enumerate() {
            let (slug, event) = pages[n % pages.len()];
            // Booked two days before it takes place, or now.
            self.clock.set(self.now.plus_seconds((day - 2).min(0) * DAY));
            self.book(slug, event, day, n, &INVITEES[n % INVITEES.len()]).await?;
        }
        self.clock.set(self.now);
        // An invitation lasts seven days, so this one is sent now.
        ana.ask(
            Method::POST,
            "/invitations",
            json!({ "email": "eva@example.com", "role_id": ana.role("contributor").await?, "message": "Welcome to the studio." }),
        )
        .await?;
        let booked = ana.ask(Method::GET, "/bookings?limit=100", Value::Null).await?;
        let (mut past, mut ahead) = (0, 0);
        for booking in booked["items"].as_array().into_iter().flatten().filter(|booking| booking["status"] == "confirmed") {
            let path = format!("/bookings/{}", text(&booking["id"])?);
            let start: Timestamp = text(&booking["start"])?.parse()?;
            if start < self.now {
                past += 1;
                if past == 3 {
                    ana.ask(Method::PUT, &format!("{path}/no-show"), Value::Null).await?;
                }
            } else {
                ahead += 1;
                if ahead == 4 {
                    ana.ask(Method::POST, &format!("{path}/cancellation"), json!({ "reason": "Something came up" })).await?;
                }
            }
        }
        ana.ask_with(Method::PATCH, "/tenant", json!({ "onboarding_status": "completed" }), Some("*")).await?;
        Ok(())
    }

    /// A café in São Paulo: one organizer, in Portuguese.
    async fn aurora(&self, app: &App) -> Result<(), Failure> {
        self.clock.set(self.now);
        let joao = self.founder(app, "João Pereira", "joao@aurora.example", "Café Aurora", "America/Sao_Paulo", false).await?;
        joao.ask_with(Method::PATCH, "/me", json!({ "locale": "pt-BR" }), Some("*")).await?;
        joao.organizer("joao-pereira", "João Pereira", "America/Sao_Paulo", "#be185d", "Reserve uma degustação.").await?;
        joao.event_type("Degustação", "degustacao", 45, "in_person", "Rua Augusta 1200, São Paulo", false).await?;
        for (n, day) in [1, 2, 4].into_iter().enumerate() {
            self.book("joao-pereira", "degustacao", day, n, &INVITEES[n + 3]).await?;
        }
        joao.ask_with(
            Method::PATCH,
            "/tenant",
            json!({ "onboarding_status": "completed", "locale": "pt-BR", "currency": "BRL" }),
            Some("*"),
        )
        .await?;
        Ok(())
    }

    async fn founder(
        &self,
        app: &App,
        name: &str,
        email: &str,
        workspace: &str,
        timezone: &str,
        admin: bool,
    ) -> Result<Person<'_>, Failure> {
        let token = identity::admin::create_user(app, email, name, Some(workspace), admin).await?;
        self.send(Method::PUT, "/password-resets", json!({ "token": token.as_str(), "password": DEMO_PASSWORD }), &[]).await?;
        let person = self.sign_in(email, DEMO_PASSWORD).await?;
        person.ask_with(Method::PATCH, "/me", json!({ "timezone": timezone }), Some("*")).await?;
        person.ask_with(Method::PATCH, "/tenant", json!({ "timezone": timezone }), Some("*")).await?;
        Ok(person)
    }

    /// Invites, takes the link out of the mail, and accepts.
    async fn colleague(&self, owner: &Person<'_>, name: &str, email: &str, role: &str) -> Result<Person<'_>, Failure> {
        let role_id = owner.role(role).await?;
        owner.ask(Method::POST, "/invitations", json!({ "email": email, "role_id": role_id })).await?;
        let mails = owner.ask(Method::GET, &format!("/mails?q={email}"), Value::Null).await?;
        let mail = owner.ask(Method::GET, &format!("/mails/{}", text(&mails["items"][0]["id"])?), Value::Null).await?;
        let token = text(&mail["text"])?
            .split("token=")
            .nth(1)
            .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect::<String>());
        let token = token.ok_or("an invitation's mail has no link")?;
        self.send(Method::POST, "/invitation-acceptances", json!({ "token": token, "name": name, "password": DEMO_PASSWORD }), &[]).await?;
        self.sign_in(email, DEMO_PASSWORD).await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<Person<'_>, Failure> {
        let (_, cookie) =
            self.send(Method::POST, "/sessions", json!({ "email": email, "password": password, "remember": true }), &[]).await?;
        Ok(Person { demo: self, cookie: cookie.ok_or("signing in gave no cookie")? })
    }

    /// Books a time of that day, somewhere in the day by `n`, where the day is offered at all (a weekend is not).
    async fn book(&self, slug: &str, event: &str, day: i64, n: usize, invitee: &Invitee) -> Result<(), Failure> {
        let from = self.now.plus_seconds(day * DAY);
        let path = format!("/public/organizers/{slug}/event-types/{event}");
        let (free, _) =
            self.send(Method::GET, &format!("{path}/slots?from={from}&to={}", from.plus_seconds(DAY)), Value::Null, &[]).await?;
        let slots = free["slots"].as_array().cloned().unwrap_or_default();
        let Some(slot) = slots.get(n * 5 % slots.len().max(1)) else { return Ok(()) };
        let body = json!({ "start": slot["start"], "name": invitee.name, "email": invitee.email, "timezone": invitee.timezone, "locale": invitee.locale, "notes": invitee.notes });
        self.send(Method::POST, &format!("{path}/bookings"), body, &[]).await?;
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
        headers: &[(header::HeaderName, &str)],
    ) -> Result<(Value, Option<String>), Failure> {
        let mut request = Request::builder().method(method.clone()).uri(format!("/api/v1{path}"));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = if body.is_null() {
            request.body(Body::empty())?
        } else {
            request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))?
        };
        let response = self.router.clone().oneshot(request).await?;
        let status: StatusCode = response.status();
        let cookie = response
            .headers()
            .get(header::SET_COOKIE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(str::to_owned);
        let bytes = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            return Err(format!("demo data: {method} {path} answered {status}: {}", String::from_utf8_lossy(&bytes)).into());
        }
        Ok((serde_json::from_slice(&bytes).unwrap_or(Value::Null), cookie))
    }
}

impl Person<'_> {
    async fn ask(&self, method: Method, path: &str, body: Value) -> Result<Value, Failure> {
        self.ask_with(method, path, body, None).await
    }

    async fn ask_with(&self, method: Method, path: &str, body: Value, if_match: Option<&str>) -> Result<Value, Failure> {
        let mut headers = vec![(header::COOKIE, self.cookie.as_str())];
        headers.extend(if_match.map(|tag| (header::IF_MATCH, tag)));
        Ok(self.demo.send(method, path, body, &headers).await?.0)
    }

    async fn role(&self, name: &str) -> Result<String, Failure> {
        let roles = self.ask(Method::GET, "/roles", Value::Null).await?;
        let role = roles["items"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|role| role["name"] == name)
            .ok_or_else(|| format!("there is no role {name}"))?;
        Ok(text(&role["id"])?.to_owned())
    }

    async fn organizer(&self, slug: &str, name: &str, timezone: &str, color: &str, welcome: &str) -> Result<(), Failure> {
        let profile = json!({ "slug": slug, "display_name": name, "timezone": timezone, "brand_color": color, "welcome_message": welcome });
        self.ask(Method::PUT, "/organizer", profile).await.map(drop)
    }

    async fn event_type(&self, name: &str, slug: &str, minutes: i32, location: &str, details: &str, confirm: bool) -> Result<(), Failure> {
        let event_type = json!({ "name": name, "slug": slug, "duration_minutes": minutes, "location_type": location, "location_details": details, "requires_confirmation": confirm });
        self.ask(Method::POST, "/event-types", event_type).await.map(drop)
    }
}

fn text(value: &Value) -> Result<&str, Failure> {
    value.as_str().ok_or_else(|| format!("demo data: expected a text, got {value}").into())
}

struct Invitee {
    name: &'static str,
    email: &'static str,
    timezone: &'static str,
    locale: &'static str,
    notes: &'static str,
}

const INVITEES: [Invitee; 7] = [
    Invitee {
        name: "Sofia Rossi",
        email: "sofia.rossi@example.com",
        timezone: "Europe/Rome",
        locale: "en",
        notes: "We are renaming our bakery.",
    },
    Invitee { name: "Liam O’Connor", email: "liam@harbour.example", timezone: "Europe/Dublin", locale: "en", notes: "" },
    Invitee {
        name: "Fleur van den Berg",
        email: "fleur@berg.example",
        timezone: "Europe/Amsterdam",
        locale: "nl",
        notes: "Graag over de nieuwe webshop.",
    },
    Invitee { name: "Mateus Carvalho", email: "mateus@example.com", timezone: "America/Sao_Paulo", locale: "pt-BR", notes: "" },
    Invitee {
        name: "Beatriz Lima",
        email: "bia.lima@example.com",
        timezone: "America/Sao_Paulo",
        locale: "pt-BR",
        notes: "Somos quatro pessoas.",
    },
    Invitee { name: "Aisha Khan", email: "aisha.khan@example.com", timezone: "Asia/Karachi", locale: "en", notes: "" },
    Invitee {
        name: "Priya Raman",
        email: "priya@raman.example",
        timezone: "Asia/Kolkata",
        locale: "en",
        notes: "Second call about the logo.",
    },
];
