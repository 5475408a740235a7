//! The whole program against real PostgreSQL: one binary, one cluster, a database a test.

mod architecture;
mod bad_input;
mod bookings;
mod client;
mod context;
mod events;
mod files;
mod jobs;
mod matrix;
mod migrations;
mod openapi;
mod races;
mod schema;
mod seeds;
mod world;
