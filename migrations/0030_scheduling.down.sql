DROP SCHEMA scheduling CASCADE;
DROP TABLE lookup.location_types, lookup.booking_statuses;
