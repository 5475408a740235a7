//! The binary's parts: the router, the server, the private database and the commands; a library so that tests can start it.

pub mod assets;
pub mod commands;
pub mod config;
pub mod database;
pub mod health;
pub mod hosts;
pub mod migrate;
pub mod postgres;
pub mod registry;
pub mod router;
pub mod serve;
pub mod server;
pub mod web_security;
