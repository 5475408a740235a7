DROP SCHEMA contacts CASCADE;
DROP TABLE lookup.contact_lifecycles;
DROP EXTENSION IF EXISTS pg_trgm;
