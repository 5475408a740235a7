//! An authenticator in software: it answers the challenges of WebAuthn as a security key would, or as one would that lies.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

pub struct Authenticator {
    key: EcdsaKeyPair,
    credential_id: Vec<u8>,
    user_handle: String,
    pub counter: u32,
    pub verifies_user: bool,
    pub backup_eligible: bool,
    pub backed_up: bool,
    pub origin: String,
}

impl Authenticator {
    pub fn new(origin: &str) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("a key");
        let mut credential_id = vec![0; 32];
        random.fill(&mut credential_id).expect("randomness");
        Self {
            key,
            credential_id,
            user_handle: String::new(),
            counter: 1,
            verifies_user: true,
            backup_eligible: false,
            backed_up: false,
            origin: origin.to_owned(),
        }
    }

    pub fn credential_id(&self) -> String {
        BASE64.encode(&self.credential_id)
    }

    /// What `navigator.credentials.create` answers.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user_handle = options["user"]["id"].as_str().expect("a user").to_owned();
        let mut attested = vec![0; 16];
        attested.extend_from_slice(&u16::try_from(self.credential_id.len()).expect("short").to_be_bytes());
        attested.extend_from_slice(&self.credential_id);
        attested.extend_from_slice(&self.public_key());
        let data = self.data(options["rp"]["id"].as_str().expect("a host"), ATTESTED, &attested);
        // {"fmt": "none", "attStmt": {}, "authData": …}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59".to_vec();
        object.extend_from_slice(&u16::try_from(data.len()).expect("short").to_be_bytes());
        object.extend_from_slice(&data);
        let client = self.client_data("webauthn.create", options);
        json!({
            "id": self.credential_id(), "rawId": self.credential_id(), "type": "public-key",
            "response": { "attestationObject": BASE64.encode(object), "clientDataJSON": BASE64.encode(client), "transports": ["internal"] },
        })
    }

    /// What `navigator.credentials.get` answers.
    pub fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let data = self.data(options["rpId"].as_str().expect("a host"), 0, &[]);
        let client = self.client_data("webauthn.get", options);
        let signed = [data.clone(), digest(&SHA256, &client).as_ref().to_vec()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("a signature");
        json!({
            "id": self.credential_id(), "rawId": self.credential_id(), "type": "public-key",
            "response": {
                "authenticatorData": BASE64.encode(data), "clientDataJSON": BASE64.encode(client),
                "signature": BASE64.encode(signature), "userHandle": self.user_handle,
            },
        })
    }

    /// Of another user's key, under this one's name.
    pub fn pretends_to_be(&mut self, other: &Self) {
        self.credential_id.clone_from(&other.credential_id);
        self.user_handle.clone_from(&other.user_handle);
    }

    fn data(&self, host: &str, more: u8, attested: &[u8]) -> Vec<u8> {
        let mut flags = PRESENT | more;
        for (is_set, flag) in [(self.verifies_user, VERIFIED), (self.backup_eligible, BACKUP_ELIGIBLE), (self.backed_up, BACKED_UP)] {
            flags |= if is_set { flag } else { 0 };
        }
        let mut data = digest(&SHA256, host.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend_from_slice(&self.counter.to_be_bytes());
        data.extend_from_slice(attested);
        data
    }

    /// COSE: EC2, ES256, P-256, x, y.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend_from_slice(&point[1..33]);
        key.extend_from_slice(b"\x22\x58\x20");
        key.extend_from_slice(&point[33..65]);
        key
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        json!({ "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false }).to_string().into_bytes()
    }
}
