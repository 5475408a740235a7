//! One line of the trail as it is stored, and the bytes that its hash stands for.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::time::Timestamp;

pub type Hash = [u8; 32];

/// A line as it is stored: what it says about people is sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    pub id: Uuid,
    pub actor_id: Option<Uuid>,
    pub actor_name: Option<String>,
    pub actor_key: Option<Uuid>,
    #[serde(with = "base64_option")]
    pub actor_ciphertext: Option<Vec<u8>>,
    pub action: String,
    pub description: Option<String>,
    pub entity_type: String,
    pub entity_id: Option<Uuid>,
    pub old_values: Option<Value>,
    pub new_values: Option<Value>,
    pub values_key: Option<Uuid>,
    #[serde(with = "base64_option")]
    pub values_ciphertext: Option<Vec<u8>>,
    pub metadata: Option<Value>,
    pub request_id: Option<Uuid>,
    pub created_at: Timestamp,
}

/// What stands before the first line: no chain can be passed off as another tenant's.
pub fn genesis(tenant: Uuid) -> Hash {
    Sha256::new().chain_update(b"atrium audit chain v1\0").chain_update(tenant.as_bytes()).finalize().into()
}

impl Record {
    /// SHA-256 of the hash before it and of [`Record::canonical`].
    pub fn hash(&self, tenant: Uuid, seq: i64, previous: &Hash, buffer: &mut Vec<u8>) -> Hash {
        buffer.clear();
        buffer.extend_from_slice(previous);
        self.canonical(tenant, seq, buffer);
        Sha256::digest(&*buffer).into()
    }

    /// Version 1: each field in this order, with its length before it, so that no two lines have the same bytes. The text of
    /// JSON is not stable between versions of a server; its values are.
    pub fn canonical(&self, tenant: Uuid, seq: i64, to: &mut Vec<u8>) {
        to.push(1);
        field(to, tenant.as_bytes());
        field(to, &seq.to_be_bytes());
        field(to, self.id.as_bytes());
        field(to, &self.created_at.as_microsecond().to_be_bytes());
        option(to, self.actor_id.as_ref().map(|id| id.as_bytes().as_slice()));
        option(to, self.actor_name.as_deref().map(str::as_bytes));
        option(to, self.actor_key.as_ref().map(|id| id.as_bytes().as_slice()));
        option(to, self.actor_ciphertext.as_deref());
        field(to, self.action.as_bytes());
        option(to, self.description.as_deref().map(str::as_bytes));
        field(to, self.entity_type.as_bytes());
        option(to, self.entity_id.as_ref().map(|id| id.as_bytes().as_slice()));
        for values in [&self.old_values, &self.new_values] {
            json_option(to, values.as_ref());
        }
        option(to, self.values_key.as_ref().map(|id| id.as_bytes().as_slice()));
        option(to, self.values_ciphertext.as_deref());
        json_option(to, self.metadata.as_ref());
        option(to, self.request_id.as_ref().map(|id| id.as_bytes().as_slice()));
    }
}

fn length(to: &mut Vec<u8>, length: usize) {
    to.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

fn field(to: &mut Vec<u8>, bytes: &[u8]) {
    length(to, bytes.len());
    to.extend_from_slice(bytes);
}

fn option(to: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => to.push(0),
        Some(bytes) => {
            to.push(1);
            field(to, bytes);
        }
    }
}

fn json_option(to: &mut Vec<u8>, value: Option<&Value>) {
    match value {
        None => to.push(0),
        Some(value) => {
            to.push(1);
            json(to, value);
        }
    }
}

/// Each value with its kind, names in the order of their bytes.
fn json(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => to.push(0),
        Value::Bool(false) => to.push(1),
        Value::Bool(true) => to.push(2),
        Value::Number(number) => {
            to.push(3);
            field(to, number.to_string().as_bytes());
        }
        Value::String(text) => {
            to.push(4);
            field(to, text.as_bytes());
        }
        Value::Array(items) => {
            to.push(5);
            length(to, items.len());
            for item in items {
                json(to, item);
            }
        }
        Value::Object(fields) => {
            to.push(6);
            length(to, fields.len());
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in sorted {
                field(to, name.as_bytes());
                json(to, value);
            }
        }
    }
}

/// Bytes as base64 text, where there are any.
mod base64_option {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(|bytes| STANDARD.encode(bytes)).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.map(|text| STANDARD.decode(text.as_bytes()).map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn record() -> Record {
        Record {
            id: Uuid::from_u128(1),
            actor_id: Some(Uuid::from_u128(2)),
            actor_name: None,
            actor_key: Some(Uuid::from_u128(3)),
            actor_ciphertext: Some(vec![1, 2, 3]),
            action: "role.updated".to_owned(),
            description: None,
            entity_type: "role".to_owned(),
            entity_id: Some(Uuid::from_u128(4)),
            old_values: Some(json!({ "b": [1, 2.5, true], "a": null })),
            new_values: None,
            values_key: None,
            values_ciphertext: None,
            metadata: None,
            request_id: None,
            created_at: Timestamp::from_microsecond(1_700_000_000_000_001),
        }
    }

    /// The bytes of version 1 never change: stored hashes stand for them.
    #[test]
    fn the_bytes_are_those_of_version_1() {
        let mut bytes = Vec::new();
        record().canonical(Uuid::from_u128(9), 7, &mut bytes);
        assert_eq!(hex::encode(Sha256::digest(&bytes)), "66aca9b347b49706bf81223de091ec4222c9c723bc71df249daef60a389034f9",);
    }

    #[test]
    fn every_field_counts() {
        let base = record();
        let hash = |record: &Record| record.hash(Uuid::from_u128(9), 7, &[0; 32], &mut Vec::new());
        let changes: [fn(&mut Record); 16] = [
            |r| r.id = Uuid::from_u128(5),
            |r| r.actor_id = None,
            |r| r.actor_name = Some(String::new()),
            |r| r.actor_key = None,
            |r| r.actor_ciphertext = Some(vec![1, 2, 4]),
            |r| r.action = "role.update".to_owned(),
            |r| r.description = Some("x".to_owned()),
            |r| r.entity_type = "drole".to_owned(),
            |r| r.entity_id = None,
            |r| r.old_values = Some(json!({ "b": [1, 2.5, false], "a": null })),
            |r| r.new_values = Some(json!(null)),
            |r| r.values_key = Some(Uuid::from_u128(3)),
            |r| r.values_ciphertext = Some(Vec::new()),
            |r| r.metadata = Some(json!({})),
            |r| r.request_id = Some(Uuid::from_u128(3)),
            |r| r.created_at = Timestamp::from_microsecond(1_700_000_000_000_002),
        ];
        let mut seen = std::collections::HashSet::from([hash(&base)]);
        for change in changes {
            let mut changed = base.clone();
            change(&mut changed);
            assert!(seen.insert(hash(&changed)), "{changed:?}");
        }
        assert!(seen.insert(base.hash(Uuid::from_u128(8), 7, &[0; 32], &mut Vec::new())), "another tenant");
        assert!(seen.insert(base.hash(Uuid::from_u128(9), 8, &[0; 32], &mut Vec::new())), "another place");
        assert!(seen.insert(base.hash(Uuid::from_u128(9), 7, &[1; 32], &mut Vec::new())), "after another line");
    }

    /// What moves from one field to its neighbour is another line.
    #[test]
    fn lengths_keep_fields_apart() {
        let (mut one, mut other) = (record(), record());
        (one.action, one.entity_type) = ("a".to_owned(), "bc".to_owned());
        (other.action, other.entity_type) = ("ab".to_owned(), "c".to_owned());
        let hash = |record: &Record| record.hash(Uuid::nil(), 1, &[0; 32], &mut Vec::new());
        assert_ne!(hash(&one), hash(&other));
    }

    #[test]
    fn a_line_of_an_export_is_the_same_line() {
        let text = serde_json::to_string(&record()).expect("JSON");
        assert_eq!(serde_json::from_str::<Record>(&text).expect("a record"), record());
    }
}
