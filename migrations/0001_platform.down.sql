-- The extensions stay: they may be somebody else's.
DROP SCHEMA platform CASCADE;
DROP SCHEMA directory CASCADE;
DROP SCHEMA lookup CASCADE;
DROP SCHEMA security CASCADE;
