//! serde's derived types take an array for a struct, field by field. Bodies say objects, at every depth.

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};
use serde_json::Value;

type Outcome<T> = Result<T, serde_json::Error>;

/// Whether JSON that parses as `T` has an object wherever `T` has a struct.
pub fn are_objects<T: DeserializeOwned>(bytes: &[u8]) -> bool {
    // Most bodies hold no array at all, and are not read a second time.
    !bytes.contains(&b'[') || serde_json::from_slice(bytes).is_ok_and(|value| T::deserialize(Strict(value)).is_ok())
}

struct Strict(Value);

impl<'de> IntoDeserializer<'de, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter().map(Strict))),
            Value::Object(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Strict(value))))),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Outcome<V::Value> {
        if self.0.is_array() { Err(Error::custom("must be an object")) } else { self.deserialize_any(visitor) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Outcome<V::Value> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Outcome<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    /// What variants hold is not looked into: no body has any that hold something.
    fn deserialize_enum<V: Visitor<'de>>(self, name: &'static str, variants: &'static [&'static str], visitor: V) -> Outcome<V::Value> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    struct Item {
        id: u8,
        kind: Option<Kind>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Small,
    }

    #[derive(Deserialize)]
    struct Ids(#[expect(dead_code, reason = "only parsed")] Vec<i64>);

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only parsed")]
    struct Body {
        #[serde(default)]
        items: Vec<Item>,
        one: Option<Item>,
        named: Option<BTreeMap<String, Item>>,
        pair: Option<(f64, bool)>,
        ids: Option<Ids>,
        free: Option<Value>,
    }

    #[test]
    fn an_array_stands_for_no_object_at_any_depth() {
        for good in [
            r#"{"items":[]}"#,
            r#"{"items":[{"id":1,"kind":"small"},{"id":2,"kind":null}],"one":{"id":3},"named":{"x":{"id":4}}}"#,
            r#"{"pair":[1.5,true],"ids":[-1,2],"free":[["x",{"y":[null]}]],"one":null}"#,
        ] {
            assert!(serde_json::from_str::<Body>(good).is_ok() && are_objects::<Body>(good.as_bytes()), "{good}");
        }
        for bad in [r#"[[]]"#, r#"{"items":[[1,null]]}"#, r#"{"one":[1,"small"]}"#, r#"{"named":{"x":[4,null]}}"#] {
            assert!(!are_objects::<Body>(bad.as_bytes()), "{bad}");
        }
        for taken_by_serde in [r#"{"items":[[1,null]]}"#, r#"{"one":[1,"small"]}"#, r#"{"named":{"x":[4,null]}}"#] {
            assert!(serde_json::from_str::<Body>(taken_by_serde).is_ok(), "{taken_by_serde}: the guard guards nothing");
        }
    }
}
