DROP FUNCTION identity.oauth_grant_lives(uuid, timestamptz);
DROP FUNCTION identity.authenticate_oauth(bytea, timestamptz);
DROP TABLE directory.oauth_used_proofs, directory.oauth_device_codes, directory.oauth_tokens, directory.oauth_codes,
    directory.oauth_grants, directory.oauth_consents, directory.oauth_requests, directory.oauth_clients, directory.oauth_signing_keys;
DELETE FROM identity.role_permissions WHERE permission = 'oauth_clients:manage';
DELETE FROM identity.member_permissions WHERE permission = 'oauth_clients:manage';
DELETE FROM lookup.permission_scopes WHERE permission = 'oauth_clients:manage';
DELETE FROM lookup.permissions WHERE codename = 'oauth_clients:manage';
