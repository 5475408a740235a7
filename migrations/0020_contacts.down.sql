DROP SCHEMA contacts CASCADE;
DROP TABLE lookup.contact_lifecycles;
