ALTER TABLE directory.sessions DROP CONSTRAINT sessions_tenant_id_lease_id_fkey;
DROP TABLE identity.support_leases;
