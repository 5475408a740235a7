//! Rate limits as they are for everybody: 429, how long to wait, and then on.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, Tenant};
use crate::world::World;

const BOUND: Duration = Duration::from_secs(20);

/// As it is hosted; addresses as a proxy tells them, so that a test may come from several.
async fn world() -> World {
    World::with(Default::default(), |config| {
        config.rate_limit_factor = 1;
        config.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await
}

async fn from(client: &Client, address: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
    client.send(method, path, &[("x-forwarded-for", address)], body).await
}

#[track_caller]
fn is_limited(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.code()), (429, "rate_limited"), "{}", answer.text);
    let wait: u64 = answer.headers["retry-after"].to_str().expect("ascii").parse().expect("seconds");
    assert!((1..=3600).contains(&wait), "{wait}");
    assert!(answer.json["detail"].as_str().is_some_and(|detail| detail.contains(&wait.to_string())), "{}", answer.text);
}

#[tokio::test]
async fn an_address_that_asks_too_much_waits_and_recovers() {
    let world = world().await;
    let visitor = Client::anonymous(&world);
    let session = async |address: &str| from(&visitor, address, Method::GET, "/session", None).await;
    let answers = futures_util::future::join_all((0..1500).map(|_| session("203.0.113.7"))).await;
    let limited: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(answers.iter().filter(|answer| answer.status == 401).count() >= 300, "a burst of 300 is let through");
    is_limited(limited.first().expect("some of 1500 at once are refused"));
    assert_eq!(session("198.51.100.9").await.status.as_u16(), 401, "another address is not held up");
    let again = async {
        while session("203.0.113.7").await.status == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BOUND, again).await.expect("recovered");
}

/// Whoever is signed in is limited as one, from however many addresses; others are not held up by it.
#[tokio::test]
async fn an_account_that_asks_too_much_from_many_addresses_waits_and_recovers() {
    let world = world().await;
    let (busy, calm) = (Tenant::found(&world, "busy").await, Tenant::found(&world, "calm").await);
    // Each address stays far below what one may.
    let session =
        async |client: &Client, n: usize| from(client, &format!("203.0.{}.{}", n / 250, n % 250 + 1), Method::GET, "/session", None).await;
    let answers = futures_util::future::join_all((0..1500).map(|n| session(&busy.owner, n))).await;
    assert!(answers.iter().filter(|answer| answer.status == 200).count() >= 290, "a burst of 300 is let through");
    is_limited(answers.iter().find(|answer| answer.status == 429).expect("some of 1500 at once are refused"));
    assert_eq!(session(&calm.owner, 1).await.status.as_u16(), 200, "another account is not held up, from the same address");
    let again = async {
        while session(&busy.owner, 2000).await.status == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(BOUND, again).await.expect("recovered");
}

/// What tries credentials is limited more closely, all of it together, and IPv6 by the network that one customer has.
#[tokio::test]
async fn credentials_are_tried_a_few_times_a_minute() {
    let world = world().await;
    let visitor = Client::anonymous(&world);
    let tries = [
        (Method::POST, "/invitation-lookups", json!({ "token": "x" })),
        (Method::POST, "/email-verifications", json!({ "token": "x", "password": "x" })),
        (Method::PUT, "/password-resets", json!({ "token": "x", "password": "x" })),
        (Method::POST, "/invitation-acceptances", json!({ "token": "x" })),
        (Method::POST, "/invitation-refusals", json!({ "token": "x" })),
    ];
    for n in 0..20 {
        let (method, path, body) = &tries[n % tries.len()];
        let address = format!("2001:db8:1:2::{n:x}");
        from(&visitor, &address, method.clone(), path, Some(body)).await.expect(422);
    }
    for (method, path, body) in tries {
        is_limited(&from(&visitor, "2001:db8:1:2:ffff::1", method, path, Some(&body)).await);
    }
    let sign_in = json!({ "email": "x@example.com", "password": "some long password" });
    is_limited(&from(&visitor, "2001:db8:1:2::1", Method::POST, "/sessions", Some(&sign_in)).await);
    from(&visitor, "2001:db8:1:3::1", Method::POST, "/sessions", Some(&sign_in)).await.expect(401);
    let lookup = json!({ "token": "x" });
    let again = async {
        while from(&visitor, "2001:db8:1:2::1", Method::POST, "/invitation-lookups", Some(&lookup)).await.status == 429 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(BOUND, again).await.expect("recovered");
}

/// Nobody makes us write to an address again and again, whether or not we know it, and from wherever.
#[tokio::test]
async fn mails_to_one_address_are_limited() {
    let world = world().await;
    Tenant::found(&world, "known").await;
    let visitor = Client::anonymous(&world);
    let paths = ["/password-resets", "/email-verification-requests"];
    for email in ["known@example.com", "unknown@example.com"] {
        for path in paths {
            // One purpose does not use up another's.
            for n in 0..6 {
                let body = json!({ "email": email.to_uppercase() });
                from(&visitor, &format!("203.0.113.{n}"), Method::POST, path, Some(&body)).await.expect(202);
            }
        }
        for path in paths {
            is_limited(&from(&visitor, "203.0.113.99", Method::POST, path, Some(&json!({ "email": email }))).await);
        }
    }
}

#[tokio::test]
async fn visitors_book_a_few_times_a_minute() {
    let world = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let body = |n: u32| crate::client::booking("2031-09-09T03:00:00Z", &format!("vera{n}@example.com"));
    let mut limited = None;
    for n in 0..60 {
        let body = body(n);
        let answer = from(&visitor, "203.0.113.7", Method::POST, &path, Some(&body)).await;
        if answer.status == 429 {
            assert!(n >= 30, "refused at the {n}th");
            limited = Some(answer);
            break;
        }
    }
    is_limited(&limited.expect("refused at last"));
    let other = from(&visitor, "198.51.100.9", Method::POST, &path, Some(&body(99))).await;
    assert_ne!(other.status.as_u16(), 429);
}

/// Times that are not free cost the address nothing, or anybody could use up its share.
#[tokio::test]
async fn refused_bookings_do_not_count_as_mails() {
    let world = world().await;
    let tenant = Tenant::found(&world, "acme").await;
    let (slug, _) = tenant.organizer().await;
    let visitor = Client::anonymous(&world);
    let path = format!("/public/organizers/{slug}/event-types/intro/bookings");
    let book = async |start: &str| {
        from(&visitor, "203.0.113.7", Method::POST, &path, Some(&crate::client::booking(start, "vera@example.com"))).await
    };
    for _ in 0..8 {
        book("2031-09-09T03:00:00Z").await.expect(409);
    }
    for hour in 9..15 {
        book(&format!("2031-09-09T{hour:02}:00:00Z")).await.expect(201);
    }
    is_limited(&book("2031-09-10T09:00:00Z").await);
    assert_eq!(tenant.owner.get("/bookings").await.expect(200).json["items"].as_array().map(Vec::len), Some(6));
}

/// Without a proxy that is trusted, what a caller says of itself counts for nothing.
#[tokio::test]
async fn nobody_chooses_ones_own_address() {
    let world = World::with(Default::default(), |config| config.rate_limit_factor = 1).await;
    let visitor = Client::anonymous(&world);
    let mut limited = false;
    for n in 0..25 {
        let answer = from(&visitor, &format!("203.0.113.{n}"), Method::POST, "/invitation-lookups", Some(&json!({ "token": "x" }))).await;
        limited |= answer.status == 429;
    }
    assert!(limited);
}

/// The sign-in page asks for options of a passkey whenever it opens: that uses up nothing of what tries credentials.
#[tokio::test]
async fn an_open_sign_in_page_uses_up_no_attempts() {
    let world = world().await;
    let visitor = Client::anonymous(&world);
    let options = async || from(&visitor, "203.0.113.7", Method::POST, "/sessions/passkey/options", Some(&json!({}))).await;
    let answers = futures_util::future::join_all((0..120).map(|_| options())).await;
    assert!(answers.iter().filter(|answer| answer.status == 200).count() >= 60);
    is_limited(answers.iter().find(|answer| answer.status != 200).expect("some of 120 at once are refused"));
    let wrong = json!({ "email": "nobody@example.com", "password": "wrong" });
    from(&visitor, "203.0.113.7", Method::POST, "/sessions", Some(&wrong)).await.expect(401);
}
