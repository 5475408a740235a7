DROP TABLE messaging.notification_templates, messaging.suppressions, messaging.sms_settings;
DROP TRIGGER follow ON directory.mails;
DROP FUNCTION messaging.follow_mail(), messaging.requeue_mail(uuid);
DROP TABLE messaging.notification_deliveries;
ALTER TABLE directory.mails DROP COLUMN response, DROP COLUMN is_refused;
DELETE FROM identity.role_permissions WHERE permission IN ('messages:read', 'messages:write');
DELETE FROM identity.member_permissions WHERE permission IN ('messages:read', 'messages:write');
DELETE FROM lookup.permission_scopes WHERE permission IN ('messages:read', 'messages:write');
DELETE FROM lookup.permissions WHERE codename IN ('messages:read', 'messages:write');
