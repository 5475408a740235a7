//! The DNS record that proves a domain.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, TokioResolver};
use platform::App;

use super::name::RECORD;

/// Twice, and below the time that a request has.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the record of a domain says: nothing where there is none, and None where nobody answered.
pub async fn proofs(app: &App, domain: &str) -> Option<Vec<String>> {
    match ask(app.config.dns_resolver, domain).await {
        Ok(texts) => Some(texts),
        Err(error) if error.is_no_records_found() => Some(Vec::new()),
        Err(error) => {
            tracing::info!(domain, %error, "no answer about the record of a domain");
            None
        }
    }
}

/// A resolver for each question, so that nothing of an earlier answer is kept. The name is whole: no search list applies.
async fn ask(server: Option<SocketAddr>, domain: &str) -> Result<Vec<String>, NetError> {
    let mut builder = match server {
        Some(server) => Resolver::builder_with_config(only(server), TokioRuntimeProvider::default()),
        None => TokioResolver::builder_tokio()?,
    };
    let options = builder.options_mut();
    options.cache_size = 0;
    options.timeout = PATIENCE;
    options.attempts = 1;
    let found = builder.build()?.txt_lookup(format!("{RECORD}{domain}.")).await?;
    let texts = found.answers().iter().filter_map(|record| match &record.data {
        // One text in pieces of 255 bytes (RFC 7208, 3.3).
        RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).trim().to_owned()),
        _ => None,
    });
    Ok(texts.collect())
}

fn only(server: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(server.ip(), true, connections.into())])
}
