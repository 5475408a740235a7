DROP FUNCTION directory.domain_of(uuid);
DROP TABLE directory.custom_domains;
