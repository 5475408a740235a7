//! Databases of places as MaxMind's format has them (MaxMind DB 2.0), as small as a test needs them.

use serde_json::{Value, json};

/// A tree of IPv6 with those of IPv4 below ::/96, records of 24 bits.
pub fn database(kind: &str, networks: &[(&str, Value)]) -> Vec<u8> {
    // Of each node, where 0 and 1 lead.
    let mut nodes: Vec<[Leads; 2]> = vec![[Leads::Nowhere; 2]];
    let mut data = Vec::new();
    for (network, value) in networks {
        let offset = data.len();
        write(&mut data, value);
        let (bits, length) = match network.parse::<platform::ipnet::IpNet>().expect("a network") {
            platform::ipnet::IpNet::V4(net) => (u128::from(u32::from(net.addr())), 96 + net.prefix_len()),
            platform::ipnet::IpNet::V6(net) => (u128::from(net.addr()), net.prefix_len()),
        };
        let mut at = 0;
        for depth in 0..length {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                nodes[at][side] = Leads::Data(offset);
            } else if let Leads::Node(next) = nodes[at][side] {
                at = next;
            } else {
                nodes.push([Leads::Nowhere; 2]);
                nodes[at][side] = Leads::Node(nodes.len() - 1);
                at = nodes.len() - 1;
            }
        }
    }
    let mut file = Vec::new();
    for leads in nodes.iter().flatten() {
        let record = match leads {
            Leads::Node(node) => *node,
            Leads::Nowhere => nodes.len(),
            Leads::Data(offset) => nodes.len() + 16 + offset,
        };
        file.extend(&u32::try_from(record).expect("small").to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    write(
        &mut file,
        &json!({
            "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_900_000_000, "database_type": kind,
            "description": { "en": "of a test" }, "ip_version": 6, "languages": ["en", "pt-BR"], "node_count": nodes.len(), "record_size": 24,
        }),
    );
    file
}

#[derive(Clone, Copy)]
enum Leads {
    Nowhere,
    Node(usize),
    Data(usize),
}

fn write(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => {
            begin(to, 2, text.len());
            to.extend(text.as_bytes());
        }
        Value::Object(fields) => {
            begin(to, 7, fields.len());
            for (name, value) in fields {
                write(to, &json!(name));
                match (name.as_str(), value.as_u64()) {
                    ("build_epoch", Some(number)) => {
                        begin(to, 9, 8);
                        to.extend(number.to_be_bytes());
                    }
                    ("node_count", Some(number)) => {
                        begin(to, 6, 4);
                        to.extend(u32::try_from(number).expect("small").to_be_bytes());
                    }
                    (_, Some(number)) => {
                        begin(to, 5, 2);
                        to.extend(u16::try_from(number).expect("small").to_be_bytes());
                    }
                    (_, None) => write(to, value),
                }
            }
        }
        Value::Array(items) => {
            begin(to, 11, items.len());
            items.iter().for_each(|item| write(to, item));
        }
        other => panic!("{other} is not written"),
    }
}

/// The control byte: three bits of type (0 and another byte for those above 7), five of size.
fn begin(to: &mut Vec<u8>, kind: u8, size: usize) {
    let (short, long) = if size < 29 { (size, None) } else { (29, Some(size - 29)) };
    let (first, second) = if kind < 8 { (kind, None) } else { (0, Some(kind - 7)) };
    to.push(first << 5 | u8::try_from(short).expect("small"));
    to.extend(second);
    to.extend(long.map(|rest| u8::try_from(rest).expect("small")));
}

/// Utrecht, Lisbon, and somewhere in Germany.
pub fn cities() -> Vec<u8> {
    let place = |city: Option<(&str, &str)>, code: &str, country: (&str, &str)| {
        let mut place = json!({ "country": { "iso_code": code, "names": { "en": country.0, "pt-BR": country.1 } } });
        if let Some((en, pt)) = city {
            place["city"] = json!({ "names": { "en": en, "pt-BR": pt } });
        }
        place
    };
    database(
        "Test-City",
        &[
            ("192.0.2.0/24", place(Some(("Utrecht", "Utreque")), "NL", ("Netherlands", "Países Baixos"))),
            ("198.51.100.0/24", place(Some(("Lisbon", "Lisboa")), "PT", ("Portugal", "Portugal"))),
            ("2001:db8::/32", place(None, "DE", ("Germany", "Alemanha"))),
        ],
    )
}
