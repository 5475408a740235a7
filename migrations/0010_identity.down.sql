DROP SCHEMA identity CASCADE;
DROP TABLE directory.public_slugs, directory.invitations, directory.security_events, directory.login_history,
    directory.login_throttles, directory.one_time_tokens, directory.registrations, directory.personal_access_tokens,
    directory.sessions, directory.user_status_changes;
ALTER TABLE directory.users DROP CONSTRAINT users_current_tenant_id_fkey;
DROP TABLE directory.tenants, directory.users;
DROP TABLE lookup.permission_scopes, lookup.permissions, lookup.invitation_statuses, lookup.tenant_statuses, lookup.member_statuses, lookup.user_statuses;
