DROP SCHEMA automation CASCADE;
DELETE FROM identity.role_permissions WHERE permission = 'webhooks:manage';
DELETE FROM identity.member_permissions WHERE permission = 'webhooks:manage';
DELETE FROM lookup.permission_scopes WHERE permission = 'webhooks:manage';
DELETE FROM lookup.permissions WHERE codename = 'webhooks:manage';
