//! The whole program against real PostgreSQL: one binary, one cluster, a database a test.

mod architecture;
mod bad_input;
mod bookings;
mod client;
mod context;
mod events;
mod files;
mod guards_gaps;
mod hostile;
mod hot;
mod identity;
mod jobs;
mod live;
mod matrix;
mod migrations;
mod openapi;
mod platform;
mod program;
mod races;
mod schema;
mod seeds;
mod world;
