DROP INDEX messaging.notifications_created, messaging.notifications_read, directory.mails_of_tenant;
CREATE INDEX notifications_read ON messaging.notifications (read_at) WHERE read_at IS NOT NULL;
DROP FUNCTION platform.drop_audit_partition(date, xid8);
DROP TABLE platform.audit_archives, platform.retention_policies;
