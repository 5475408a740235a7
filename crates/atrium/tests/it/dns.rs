//! A little DNS server on this machine, which knows the TXT records that a test gives it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;

#[derive(Clone)]
pub struct Dns {
    pub address: SocketAddr,
    texts: Arc<Mutex<HashMap<String, Vec<String>>>>,
}

impl Dns {
    pub async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let dns = Self { address: socket.local_addr().expect("an address"), texts: Arc::default() };
        let texts = dns.texts.clone();
        platform::task::detach(async move {
            let mut bytes = [0; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
                if let Some(answer) = answer(&bytes[..length], &texts) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        dns
    }

    /// What the TXT records of that name say; none at all where there are no texts.
    pub fn set(&self, name: &str, texts: &[&str]) {
        self.texts.lock().expect("a lock").insert(name.to_owned(), texts.iter().map(|text| (*text).to_owned()).collect());
    }
}

fn answer(asked: &[u8], texts: &Mutex<HashMap<String, Vec<String>>>) -> Option<Vec<u8>> {
    let asked = Message::from_vec(asked).ok()?;
    let query = asked.queries.first()?.clone();
    let name = query.name().to_ascii().trim_end_matches('.').to_lowercase();
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    answer.metadata.recursion_desired = true;
    answer.metadata.recursion_available = true;
    let known = texts.lock().expect("a lock").get(&name).cloned();
    match known.filter(|texts| !texts.is_empty() && query.query_type == RecordType::TXT) {
        Some(texts) => {
            // Long texts come in pieces, as they do elsewhere.
            let pieces =
                |text: &str| TXT::new(text.as_bytes().chunks(30).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect());
            answer.add_answers(texts.iter().map(|text| Record::from_rdata(query.name().clone(), 60, RData::TXT(pieces(text)))));
        }
        None => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    answer.add_query(query);
    answer.to_vec().ok()
}
