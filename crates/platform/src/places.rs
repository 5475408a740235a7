//! Where an address is, by a database that the person who hosts brings: GeoLite2, DB-IP and others of MaxMind's format, of
//! cities or of countries.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use maxminddb::geoip2::{City, Names};
use maxminddb::{MaxMindDbError, Reader};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// What is known of where somebody is. Of a network, so never more than roughly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// ISO 3166-1, of two letters: `NL`
    pub country: String,
    /// In English; null where no more than the country is known.
    pub city: Option<String>,
}

/// The database, or none. Cheap to clone; clones see the same file.
#[derive(Clone, Default)]
pub struct Places(Option<Arc<Source>>);

struct Source {
    file: PathBuf,
    current: RwLock<Current>,
}

struct Current {
    reader: Arc<Reader<Vec<u8>>>,
    /// Of the file that was looked at last, be it broken.
    stamp: Stamp,
}

/// By which a changed file is known.
type Stamp = (Option<SystemTime>, u64);

fn stamp(file: &Path) -> Result<Stamp, String> {
    let found = std::fs::metadata(file).map_err(|error| error.to_string())?;
    Ok((found.modified().ok(), found.len()))
}

fn read(file: &Path) -> Result<Reader<Vec<u8>>, String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let reader = Reader::from_source(bytes).map_err(|error| format!("it is no database of places: {error}"))?;
    let kind = &reader.metadata().database_type;
    if ["City", "Country", "Enterprise"].iter().any(|known| kind.contains(known)) {
        Ok(reader)
    } else {
        Err(format!("`{kind}` knows neither cities nor countries"))
    }
}

impl Places {
    /// # Errors
    /// What is wrong with the file, in words for the person who brought it.
    pub fn open(file: PathBuf) -> Result<Self, String> {
        let stamp = stamp(&file)?;
        let reader = Arc::new(read(&file)?);
        Ok(Self(Some(Arc::new(Source { file, current: RwLock::new(Current { reader, stamp }) }))))
    }

    /// Reads the file again where it has changed. One that is broken is logged once, and what was read before goes on.
    pub fn refresh(&self) {
        let Some(source) = &self.0 else { return };
        let changed = stamp(&source.file).map(|stamp| (stamp != source.current().stamp).then_some(stamp));
        match changed {
            Ok(None) => {}
            Ok(Some(stamp)) => {
                let read = read(&source.file);
                let mut current = source.current.write().unwrap_or_else(PoisonError::into_inner);
                current.stamp = stamp;
                match read {
                    Ok(reader) => {
                        current.reader = Arc::new(reader);
                        tracing::info!(file = %source.file.display(), "the database of places was read anew");
                    }
                    Err(error) => {
                        tracing::error!(file = %source.file.display(), error, "the new database of places is not used, the one before goes on");
                    }
                }
            }
            // As while it is being replaced.
            Err(error) => tracing::warn!(file = %source.file.display(), error, "the database of places cannot be looked at"),
        }
    }

    /// None for an address that is in no network of the database, such as a private one.
    pub fn find(&self, address: Option<IpAddr>) -> Option<Place> {
        self.look_up(address, |found| {
            let country = found.country.iso_code.or(found.registered_country.iso_code)?;
            Some(Place { country: country.to_owned(), city: found.city.names.english.map(str::to_owned) })
        })
    }

    /// The place's name for a sentence, as far as the database has it in that language: `Utrecht, Netherlands`.
    pub fn name(&self, address: Option<IpAddr>, locale: &str) -> Option<String> {
        fn pick<'a>(names: &Names<'a>, locale: &str) -> Option<&'a str> {
            let own = if locale == "pt-BR" { names.brazilian_portuguese } else { None };
            own.or(names.english)
        }
        self.look_up(address, |found| {
            let country = if found.country.iso_code.is_some() { &found.country } else { &found.registered_country };
            let country = pick(&country.names, locale).or(country.iso_code)?;
            Some(match pick(&found.city.names, locale) {
                Some(city) => format!("{city}, {country}"),
                None => country.to_owned(),
            })
        })
    }

    fn look_up<T>(&self, address: Option<IpAddr>, read: impl FnOnce(&City<'_>) -> Option<T>) -> Option<T> {
        let reader = self.0.as_ref()?.current().reader;
        let found = reader.lookup(address?.to_canonical()).and_then(|found| found.decode::<City<'_>>());
        match found {
            Ok(found) => read(&found?),
            // An address of IPv6 in a database of IPv4 is in no network of it.
            Err(MaxMindDbError::InvalidInput { .. }) => None,
            Err(error) => {
                tracing::warn!(%error, "the database of places is broken");
                None
            }
        }
    }

    /// What kind of database it is and of when, once all of it was looked at.
    ///
    /// # Errors
    /// What is broken in it.
    pub fn verify(&self) -> Result<String, String> {
        let Some(source) = &self.0 else { return Ok("none".to_owned()) };
        let reader = source.current().reader;
        reader.verify().map_err(|error| error.to_string())?;
        let built = Timestamp::from_second(i64::try_from(reader.metadata().build_epoch).unwrap_or_default());
        Ok(format!("{} of {}", reader.metadata().database_type, built.to_string().chars().take(10).collect::<String>()))
    }
}

impl Source {
    fn current(&self) -> Current {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Current { reader: current.reader.clone(), stamp: current.stamp }
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Places").field(&self.0.as_ref().map(|source| &source.file)).finish()
    }
}
