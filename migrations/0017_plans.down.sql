ALTER TABLE directory.tenants ADD COLUMN trial_ends_at timestamptz;
UPDATE directory.tenants t SET trial_ends_at = s.trial_end FROM directory.subscriptions s WHERE s.tenant_id = t.id;
DROP TRIGGER subscription ON directory.tenants;
DROP FUNCTION directory.begin_subscription(), directory.is_read_only(uuid);
DROP TABLE directory.subscriptions, directory.plans;
