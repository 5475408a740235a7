-- Ring 1: users, tenants, members, roles, sessions, invitations.

CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO atrium_app;

CREATE TABLE lookup.user_statuses       (name text PRIMARY KEY);
CREATE TABLE lookup.member_statuses     (name text PRIMARY KEY);
CREATE TABLE lookup.tenant_statuses     (name text PRIMARY KEY);
CREATE TABLE lookup.invitation_statuses (name text PRIMARY KEY);
INSERT INTO lookup.user_statuses       VALUES ('active'), ('inactive'), ('suspended'), ('deleted');
INSERT INTO lookup.member_statuses     VALUES ('active'), ('inactive'), ('suspended');
INSERT INTO lookup.tenant_statuses     VALUES ('active'), ('inactive'), ('suspended'), ('pending_deletion'), ('deleted');
INSERT INTO lookup.invitation_statuses VALUES ('pending'), ('accepted'), ('declined'), ('revoked'), ('expired');

CREATE TABLE lookup.permissions (
    codename    text PRIMARY KEY CHECK (codename = resource || ':' || action),
    name        text NOT NULL,
    category    text NOT NULL,
    description text NOT NULL,
    resource    text NOT NULL,
    action      text NOT NULL
);
INSERT INTO lookup.permissions (codename, name, category, description, resource, action) VALUES
    ('bookings:read',       'See bookings',              'Scheduling', 'Bookings with their invitees and answers',              'bookings',    'read'),
    ('bookings:write',      'Change bookings',           'Scheduling', 'Book on behalf, confirm, move and cancel',              'bookings',    'write'),
    ('event_types:read',    'See event types',           'Scheduling', 'What can be booked',                                    'event_types', 'read'),
    ('event_types:write',   'Change event types',        'Scheduling', 'Create, change and archive event types',                'event_types', 'write'),
    ('schedules:read',      'See availability',          'Scheduling', 'Weekly hours and exceptions',                           'schedules',   'read'),
    ('schedules:write',     'Change availability',       'Scheduling', 'Weekly hours and exceptions',                           'schedules',   'write'),
    ('organizers:read',     'See organizers',            'Scheduling', 'Who can be booked, and their pages',                    'organizers',  'read'),
    ('organizers:write',    'Change organizer profiles', 'Scheduling', 'Public page, colours and buffers',                      'organizers',  'write'),
    ('contacts:read',       'See contacts',              'Contacts',   'People and companies outside the workspace',            'contacts',    'read'),
    ('contacts:write',      'Change contacts',           'Contacts',   'Create and change contacts',                            'contacts',    'write'),
    ('contacts:delete',     'Delete contacts',           'Contacts',   'Remove contacts with what hangs on them',               'contacts',    'delete'),
    ('members:read',        'See members',               'Workspace',  'Who works here, and in which role',                     'members',     'read'),
    ('members:write',       'Change members',            'Workspace',  'Roles, status and removal',                             'members',     'write'),
    ('invitations:read',    'See invitations',           'Workspace',  'Who has been invited',                                  'invitations', 'read'),
    ('invitations:write',   'Invite',                    'Workspace',  'Invite people, resend and revoke',                      'invitations', 'write'),
    ('roles:read',          'See roles',                 'Workspace',  'What each role may do',                                 'roles',       'read'),
    ('roles:write',         'Change roles',              'Workspace',  'Create, change and delete roles of one''s own',          'roles',       'write'),
    ('settings:read',       'See settings',              'Workspace',  'Name, zone, currency and the like',                     'settings',    'read'),
    ('settings:manage',     'Change settings',           'Workspace',  'Name, zone, currency, mail',                            'settings',    'manage'),
    ('security:manage',     'Change the security policy', 'Workspace',  'Sessions, second factors and addresses',               'security',    'manage'),
    ('audit:read',          'See the audit trail',       'Workspace',  'Who changed what, with old and new values',             'audit',       'read'),
    ('jobs:manage',         'Manage background jobs',    'Workspace',  'See, retry and discard jobs that failed',               'jobs',        'manage'),
    ('files:read',          'See files',                 'Workspace',  'Download files',                                        'files',       'read'),
    ('files:write',         'Change files',              'Workspace',  'Upload and delete files',                               'files',       'write'),
    ('privacy:manage',      'Answer privacy requests',   'Workspace',  'Hand out and erase what is known of a person',          'privacy',     'manage');

-- Whose records a permission can be given for. Only where the handlers ask whose a record is can it be `own`: anywhere else
-- that would be everybody's.
CREATE TABLE lookup.permission_scopes (
    permission text NOT NULL REFERENCES lookup.permissions,
    scope      text NOT NULL CHECK (scope IN ('all', 'own')),
    PRIMARY KEY (permission, scope)
);
INSERT INTO lookup.permission_scopes (permission, scope) SELECT codename, 'all' FROM lookup.permissions;
INSERT INTO lookup.permission_scopes (permission, scope)
SELECT codename, 'own' FROM lookup.permissions
 WHERE resource IN ('bookings', 'event_types', 'schedules', 'organizers', 'contacts', 'members', 'invitations', 'files');
GRANT SELECT ON ALL TABLES IN SCHEMA lookup TO atrium_app;

-- Directory ---------------------------------------------------------------------------------------------------------

CREATE TABLE directory.users (
    id                  uuid        PRIMARY KEY,
    email               text        NOT NULL CHECK (char_length(email) <= 254),
    email_key           text        NOT NULL,
    name                text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    password_hash       text,
    password_changed_at timestamptz,
    -- Whether the password is too short to be all that is asked for.
    needs_second_factor boolean     NOT NULL DEFAULT false,
    status              text        NOT NULL DEFAULT 'active' REFERENCES lookup.user_statuses,
    is_platform_admin   boolean     NOT NULL DEFAULT false,
    email_verified_at   timestamptz,
    avatar_url          text,
    locale              text        NOT NULL DEFAULT 'en',
    timezone            text        NOT NULL DEFAULT 'UTC',
    work_days           text[]      NOT NULL DEFAULT '{mon,tue,wed,thu,fri}'
                        CHECK (work_days <@ '{mon,tue,wed,thu,fri,sat,sun}'::text[]),
    work_hours_start    time        NOT NULL DEFAULT '08:00',
    work_hours_end      time        NOT NULL DEFAULT '18:00',
    profile             jsonb       NOT NULL DEFAULT '{}',
    preferences         jsonb       NOT NULL DEFAULT '{}',
    email_preferences   jsonb       NOT NULL DEFAULT '{"marketing": true, "updates": true, "security": true, "newsletter": false}'
                        CHECK (email_preferences -> 'security' = 'true'),
    current_tenant_id   uuid,
    last_active_at      timestamptz,
    last_login_at       timestamptz,
    last_login_ip       inet,
    login_count         integer     NOT NULL DEFAULT 0,
    version             bigint      NOT NULL DEFAULT 1,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    deleted_at          timestamptz,
    CHECK (work_hours_start < work_hours_end),
    CHECK ((status = 'deleted') = (deleted_at IS NOT NULL))
);
-- An erased user's address is free again.
CREATE UNIQUE INDEX users_email_key ON directory.users (email_key) WHERE deleted_at IS NULL;
CREATE INDEX users_status ON directory.users (status);
CREATE TRIGGER touch BEFORE UPDATE OF email, name, locale, timezone, work_days, work_hours_start, work_hours_end, profile,
    preferences, email_preferences, avatar_url, status
    ON directory.users FOR EACH ROW EXECUTE FUNCTION platform.touch();

CREATE TABLE directory.tenants (
    id                      uuid        PRIMARY KEY,
    name                    text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    slug                    text        NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) BETWEEN 2 AND 63),
    description             text,
    owner_id                uuid        NOT NULL REFERENCES directory.users ON DELETE RESTRICT,
    status                  text        NOT NULL DEFAULT 'active' REFERENCES lookup.tenant_statuses,
    onboarding_status       text        NOT NULL DEFAULT 'pending' CHECK (onboarding_status IN ('pending', 'in_progress', 'completed')),
    timezone                text        NOT NULL DEFAULT 'UTC',
    locale                  text        NOT NULL DEFAULT 'en',
    currency                text        NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    billing_email           text,
    trial_ends_at           timestamptz,
    logo_url                text,
    branding                jsonb       NOT NULL DEFAULT '{}',
    settings                jsonb       NOT NULL DEFAULT '{}',
    features                jsonb       NOT NULL DEFAULT '{}',
    feature_flags           jsonb       NOT NULL DEFAULT '{}',
    security_policy         jsonb       NOT NULL DEFAULT '{}',
    database_url_ciphertext bytea,
    alerts_admins           boolean     NOT NULL DEFAULT false,
    grace_period_days       integer     NOT NULL DEFAULT 7 CHECK (grace_period_days BETWEEN 0 AND 365),
    deletion_requested_at   timestamptz,
    deletion_scheduled_at   timestamptz,
    version                 bigint      NOT NULL DEFAULT 1,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    deleted_at              timestamptz
);
COMMENT ON COLUMN directory.tenants.feature_flags IS 'what the host of the instance has switched off or on again; without an entry a feature is on';
COMMENT ON COLUMN directory.tenants.alerts_admins IS 'whether owners and administrators are told of suspicious activity of members';
CREATE INDEX tenants_status ON directory.tenants (status);
CREATE INDEX tenants_deletion ON directory.tenants (deletion_scheduled_at) WHERE status = 'pending_deletion';
CREATE INDEX tenants_owner ON directory.tenants (owner_id);
CREATE TRIGGER touch BEFORE UPDATE ON directory.tenants FOR EACH ROW EXECUTE FUNCTION platform.touch();
ALTER TABLE directory.users ADD FOREIGN KEY (current_tenant_id) REFERENCES directory.tenants ON DELETE SET NULL;

CREATE TABLE directory.user_status_changes (
    id         uuid        PRIMARY KEY,
    user_id    uuid        NOT NULL REFERENCES directory.users ON DELETE RESTRICT,
    status     text        NOT NULL REFERENCES lookup.user_statuses,
    reason     text        NOT NULL,
    changed_by uuid        REFERENCES directory.users ON DELETE RESTRICT,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_status_changes_user ON directory.user_status_changes (user_id, changed_at DESC);

CREATE TABLE directory.sessions (
    id           uuid        PRIMARY KEY,
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    user_id      uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    tenant_id    uuid        REFERENCES directory.tenants ON DELETE CASCADE,
    remembered   boolean     NOT NULL DEFAULT false,
    ip_address   inet,
    user_agent   text,
    data         jsonb       NOT NULL DEFAULT '{}',
    -- What its holder has shown, and when last: at the sign-in, or since by confirming who he or she is.
    factors      text[]      NOT NULL DEFAULT '{}'
                 CHECK (factors <@ '{password,totp,recovery_code,passkey,provider,mail_link,device}'::text[]),
    verified_at  timestamptz NOT NULL DEFAULT now(),
    -- Until when the tenant's policy lets it act without a second factor.
    grace_until  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    idle_until   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX sessions_user ON directory.sessions (user_id, ended_at);
CREATE INDEX sessions_last_seen ON directory.sessions (last_seen_at);

-- Sign-ups until the address is confirmed. Each keeps the password that was typed with it, so whoever signs up with
-- somebody else's address gains nothing when that person confirms a sign-up of their own; users exist confirmed only.
CREATE TABLE directory.registrations (
    id            uuid        PRIMARY KEY,
    email         text        NOT NULL CHECK (char_length(email) <= 254),
    email_key     text        NOT NULL,
    name          text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 120),
    password_hash text        NOT NULL,
    tenant_name   text        NOT NULL CHECK (char_length(tenant_name) BETWEEN 1 AND 120),
    timezone      text        NOT NULL,
    locale        text        NOT NULL,
    token_hash    bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at    timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    used_at       timestamptz
);
CREATE INDEX registrations_email ON directory.registrations (email_key, id DESC) WHERE used_at IS NULL;
CREATE INDEX registrations_created ON directory.registrations (created_at);

CREATE TABLE directory.one_time_tokens (
    id          uuid        PRIMARY KEY,
    user_id     uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    purpose     text        NOT NULL CHECK (purpose IN ('email_verification', 'password_reset')),
    token_hash  bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX one_time_tokens_user ON directory.one_time_tokens (user_id, purpose);

-- Failures per credential and address prefix, so that nobody can lock another out from elsewhere.
CREATE TABLE directory.login_throttles (
    throttle_key   bytea       PRIMARY KEY,
    failures       integer     NOT NULL DEFAULT 0,
    last_failed_at timestamptz NOT NULL,
    blocked_until  timestamptz
);

CREATE TABLE directory.login_history (
    id             uuid        PRIMARY KEY,
    user_id        uuid,
    -- Where the sign-in led.
    tenant_id      uuid,
    email_hash     bytea,
    method         text        NOT NULL DEFAULT 'password',
    outcome        text        NOT NULL CHECK (outcome IN ('success', 'failed')),
    failure_reason text,
    ip_address     inet,
    user_agent     text,
    location       jsonb,
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX login_history_user ON directory.login_history (user_id, id DESC);
CREATE INDEX login_history_tenant ON directory.login_history (tenant_id, created_at) WHERE tenant_id IS NOT NULL;
CREATE INDEX login_history_created ON directory.login_history (created_at);

CREATE TABLE directory.security_events (
    id         uuid        PRIMARY KEY,
    user_id    uuid,
    event      text        NOT NULL,
    severity   text        NOT NULL DEFAULT 'low' CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    details    jsonb       NOT NULL DEFAULT '{}',
    ip_address inet,
    user_agent text,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX security_events_user ON directory.security_events (user_id, id DESC);
CREATE INDEX security_events_event ON directory.security_events (event, id DESC);
CREATE INDEX security_events_created ON directory.security_events (created_at);

CREATE TABLE directory.invitations (
    id           uuid        PRIMARY KEY,
    tenant_id    uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    email        text        NOT NULL CHECK (char_length(email) <= 254),
    email_key    text        NOT NULL,
    role_id      uuid        NOT NULL,
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    status       text        NOT NULL DEFAULT 'pending' REFERENCES lookup.invitation_statuses,
    message      text        CHECK (char_length(message) <= 2000),
    invited_by   uuid        NOT NULL,
    locale       text        NOT NULL DEFAULT 'en',
    expires_at   timestamptz NOT NULL,
    responded_at timestamptz,
    revoked_at   timestamptz,
    revoked_by   uuid,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX invitations_one_pending ON directory.invitations (tenant_id, email_key) WHERE status = 'pending';
CREATE INDEX invitations_email ON directory.invitations (email_key);

CREATE TABLE directory.public_slugs (
    kind       text        NOT NULL CHECK (kind IN ('organizer', 'bio_page')),
    slug       text        NOT NULL CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND char_length(slug) BETWEEN 3 AND 60),
    tenant_id  uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    subject_id uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, slug)
);
CREATE UNIQUE INDEX public_slugs_subject ON directory.public_slugs (tenant_id, kind, subject_id);

-- What a program shows in place of a session: it acts for its user in one tenant, and may at most what the scopes name.
CREATE TABLE directory.personal_access_tokens (
    id           uuid        PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    tenant_id    uuid        NOT NULL REFERENCES directory.tenants ON DELETE CASCADE,
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    scopes       text[]      NOT NULL,
    last_used_at timestamptz,
    last_used_ip inet,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX personal_access_tokens_user ON directory.personal_access_tokens (user_id, tenant_id, id DESC);
GRANT SELECT, INSERT, UPDATE (last_used_at, last_used_ip, revoked_at, updated_at) ON directory.personal_access_tokens TO atrium_app;

GRANT SELECT, INSERT, UPDATE ON directory.sessions, directory.one_time_tokens, directory.registrations, directory.invitations
    TO atrium_app;
-- Who is an administrator of the instance, and whether a user or tenant is suspended, is not for the serving role to say.
GRANT SELECT,
      INSERT (id, email, email_key, name, password_hash, password_changed_at, email_verified_at, locale, timezone, created_at, updated_at),
      UPDATE (name, avatar_url, locale, timezone, work_days, work_hours_start, work_hours_end, profile, preferences, email_preferences,
              password_hash, password_changed_at, needs_second_factor, email_verified_at, current_tenant_id, last_active_at, last_login_at, last_login_ip,
              login_count)
   ON directory.users TO atrium_app;
GRANT SELECT,
      INSERT (id, name, slug, owner_id, timezone, locale, created_at, updated_at),
      UPDATE (name, description, owner_id, onboarding_status, timezone, locale, currency, billing_email, logo_url, branding, settings,
              alerts_admins)
   ON directory.tenants TO atrium_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON directory.login_throttles, directory.public_slugs TO atrium_app;
GRANT SELECT, INSERT ON directory.login_history, directory.security_events, directory.user_status_changes TO atrium_app;

-- The tenant's plane --------------------------------------------------------------------------------------------------

CREATE TABLE identity.members (
    tenant_id      uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    display_name   text        NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 120),
    email          text        NOT NULL,
    timezone       text        NOT NULL DEFAULT 'UTC',
    locale         text        NOT NULL DEFAULT 'en',
    avatar_url     text,
    status         text        NOT NULL DEFAULT 'active' REFERENCES lookup.member_statuses,
    invited_at     timestamptz,
    joined_at      timestamptz,
    last_active_at timestamptz,
    -- Entered without the second factor that the tenant's policy asks for: how often, and since when.
    grace_logins_used integer NOT NULL DEFAULT 0,
    grace_started_at  timestamptz,
    version        bigint      NOT NULL DEFAULT 1,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX members_user ON identity.members (user_id);
CREATE TRIGGER touch BEFORE UPDATE OF display_name, email, timezone, locale, avatar_url, status ON identity.members
    FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('identity.members');

CREATE TABLE identity.roles (
    tenant_id   uuid        NOT NULL,
    id          uuid        NOT NULL,
    name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 50),
    description text        NOT NULL DEFAULT '',
    kind        text        NOT NULL DEFAULT 'custom' CHECK (kind IN ('system', 'custom')),
    is_system   boolean     NOT NULL GENERATED ALWAYS AS (kind = 'system') STORED,
    is_default  boolean     NOT NULL DEFAULT false,
    parent_id   uuid,
    -- The role, its parent, the parent's parent and so on: whose permissions it has. Kept by the triggers below.
    path        uuid[]      NOT NULL,
    version     bigint      NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CHECK (parent_id <> id),
    CONSTRAINT roles_depth CHECK (cardinality(path) <= 10)
);
-- Names are told apart as people tell them apart, so that no `Owner` stands beside the owner.
CREATE UNIQUE INDEX roles_name ON identity.roles (tenant_id, lower(name));
CREATE UNIQUE INDEX roles_one_default ON identity.roles (tenant_id) WHERE is_default;
CREATE TRIGGER touch BEFORE UPDATE OF name, description, is_default, parent_id ON identity.roles
    FOR EACH ROW EXECUTE FUNCTION platform.touch();
CALL platform.protect('identity.roles');

CREATE TABLE identity.role_permissions (
    tenant_id  uuid        NOT NULL,
    role_id    uuid        NOT NULL,
    permission text        NOT NULL,
    scope      text        NOT NULL DEFAULT 'all',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, role_id, permission),
    FOREIGN KEY (permission, scope) REFERENCES lookup.permission_scopes
);
CALL platform.protect('identity.role_permissions');

CREATE TABLE identity.member_roles (
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    role_id    uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, role_id)
);
CREATE INDEX member_roles_role ON identity.member_roles (tenant_id, role_id);
CALL platform.protect('identity.member_roles');

CREATE TABLE identity.member_permissions (
    tenant_id  uuid        NOT NULL,
    user_id    uuid        NOT NULL,
    permission text        NOT NULL,
    scope      text        NOT NULL DEFAULT 'all',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, permission),
    FOREIGN KEY (permission, scope) REFERENCES lookup.permission_scopes
);
CALL platform.protect('identity.member_permissions');

ALTER TABLE identity.roles            ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES identity.roles (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE identity.role_permissions ADD FOREIGN KEY (tenant_id, role_id) REFERENCES identity.roles (tenant_id, id) ON DELETE CASCADE;
ALTER TABLE identity.member_roles     ADD FOREIGN KEY (tenant_id, user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE CASCADE,
                                      ADD FOREIGN KEY (tenant_id, role_id) REFERENCES identity.roles (tenant_id, id) ON DELETE RESTRICT;
ALTER TABLE identity.member_permissions ADD FOREIGN KEY (tenant_id, user_id) REFERENCES identity.members (tenant_id, user_id) ON DELETE CASCADE;
CREATE INDEX role_permissions_role ON identity.role_permissions (tenant_id, role_id);
CREATE INDEX roles_parent ON identity.roles (tenant_id, parent_id);

-- Works out a role's path from its parent's. Changes of parents happen one after the other within a tenant, under the lock
-- of its owner's role, so that two of them cannot close a circle between them.
CREATE FUNCTION identity.place_role() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    above uuid[] := '{}';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        PERFORM FROM identity.roles WHERE tenant_id = NEW.tenant_id AND kind = 'system' AND name = 'owner' FOR NO KEY UPDATE;
        SELECT r.path INTO above FROM identity.roles r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.parent_id;
        IF NEW.id = ANY (above) THEN
            RAISE EXCEPTION 'a role cannot come after itself'
                USING ERRCODE = 'check_violation', SCHEMA = 'identity', TABLE = 'roles', CONSTRAINT = 'roles_no_cycle';
        END IF;
    END IF;
    NEW.path := NEW.id || above;
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION identity.place_role() FROM PUBLIC;
CREATE TRIGGER place BEFORE INSERT OR UPDATE OF parent_id, path ON identity.roles
    FOR EACH ROW EXECUTE FUNCTION identity.place_role();

-- The roles below a role that moved move with it; each names its path, and the trigger above works it out.
CREATE FUNCTION identity.move_roles_below() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    UPDATE identity.roles SET path = path WHERE tenant_id = NEW.tenant_id AND parent_id = NEW.id;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION identity.move_roles_below() FROM PUBLIC;
CREATE TRIGGER move_below AFTER UPDATE OF parent_id, path ON identity.roles
    FOR EACH ROW WHEN (OLD.path <> NEW.path) EXECUTE FUNCTION identity.move_roles_below();

-- What a role allows: its own permissions and those of the roles above it.
CREATE VIEW identity.role_grants WITH (security_invoker = true) AS
SELECT r.tenant_id, r.id AS role_id, g.role_id AS from_role, g.permission, g.scope
  FROM identity.roles r
  JOIN identity.role_permissions g ON g.tenant_id = r.tenant_id AND g.role_id = ANY (r.path);
GRANT SELECT ON identity.role_grants TO atrium_app;

-- What a member may do, and from where: by a role that is held, with the role in its path whose permission it is; or, without
-- either, granted to the member. This is the one place where it is worked out. In plain SQL without settings of its own, so
-- that it becomes a part of the statement that asks, whose plan is kept.
CREATE FUNCTION identity.granted(of_tenant uuid, of_user uuid)
RETURNS TABLE (role_id uuid, from_role uuid, permission text, scope text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT g.role_id, g.from_role, g.permission, g.scope
      FROM identity.member_roles mr
      JOIN identity.role_grants g ON g.tenant_id = mr.tenant_id AND g.role_id = mr.role_id
     WHERE mr.tenant_id = of_tenant AND mr.user_id = of_user
     UNION ALL
    SELECT NULL, NULL, mp.permission, mp.scope
      FROM identity.member_permissions mp
     WHERE mp.tenant_id = of_tenant AND mp.user_id = of_user;
END;
REVOKE ALL ON FUNCTION identity.granted(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.granted(uuid, uuid) TO atrium_app;

-- Whether a member has a role that needs no second factor under that policy. As [identity.granted], it becomes a part of the
-- statement that asks.
CREATE FUNCTION identity.is_exempt(tenant uuid, member uuid, policy jsonb) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT policy #> '{two_factor,exempt_role_ids}' IS NOT NULL
       AND EXISTS (SELECT FROM identity.member_roles mr
                    WHERE mr.tenant_id = tenant AND mr.user_id = member
                      AND policy #> '{two_factor,exempt_role_ids}' ? mr.role_id::text);
END;
REVOKE ALL ON FUNCTION identity.is_exempt(uuid, uuid, jsonb) FROM PUBLIC;

-- Saves the security policy of the tenant of the sealed context, and of no other; answers the tenant's version.
CREATE FUNCTION identity.save_security_policy(policy jsonb) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    UPDATE directory.tenants SET security_policy = policy WHERE id = platform.current_tenant() RETURNING version
$$;
REVOKE ALL ON FUNCTION identity.save_security_policy(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.save_security_policy(jsonb) TO atrium_app;

-- What a session's cookie stands for, in one look-up for each request: it runs before a tenant is known, so as the
-- owner, and answers for one token only. In plpgsql, which keeps its plan for the connection: as a function in SQL it was
-- planned anew each time, which took 0.6 ms in place of 0.1.
CREATE FUNCTION identity.authenticate(presented bytea, at timestamptz)
RETURNS TABLE (
    session_id uuid, user_id uuid, tenant_id uuid, is_platform_admin boolean, name text, email text, locale text,
    timezone text, last_seen_at timestamptz, expires_at timestamptz, idle_until timestamptz, remembered boolean,
    factors text[], verified_at timestamptz, policy jsonb, grace_until timestamptz, is_exempt boolean, permissions text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.id, u.id, t.id, u.is_platform_admin, u.name, u.email, u.locale, u.timezone, s.last_seen_at, s.expires_at,
           s.idle_until, s.remembered, s.factors, s.verified_at,
           nullif(t.security_policy, '{}'), s.grace_until, identity.is_exempt(t.id, u.id, t.security_policy),
           ARRAY(SELECT g.permission || ' ' || min(g.scope) FROM identity.granted(t.id, u.id) g GROUP BY g.permission)
      FROM directory.sessions s
      JOIN directory.users u ON u.id = s.user_id AND u.status = 'active'
      LEFT JOIN identity.members m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id AND m.status = 'active'
      LEFT JOIN directory.tenants t ON t.id = m.tenant_id AND t.status = 'active'
     WHERE s.token_hash = presented AND s.ended_at IS NULL AND s.expires_at > at AND s.idle_until > at;
END
$$;
REVOKE ALL ON FUNCTION identity.authenticate(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.authenticate(bytea, timestamptz) TO atrium_app;

-- What a program's token stands for, as [identity.authenticate] says it of a cookie's: what its user may do in its tenant,
-- as far as the token's scopes reach.
CREATE FUNCTION identity.authenticate_token(presented bytea, at timestamptz)
RETURNS TABLE (
    token_id uuid, token_name text, user_id uuid, tenant_id uuid, name text, email text, locale text, timezone text,
    last_used_at timestamptz, expires_at timestamptz, policy jsonb, grace_started_at timestamptz, is_exempt boolean,
    has_second boolean, permissions text[]
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, k.name, u.id, t.id, u.name, u.email, u.locale, u.timezone, k.last_used_at, k.expires_at,
           nullif(t.security_policy, '{}'), m.grace_started_at, identity.is_exempt(t.id, u.id, t.security_policy),
           identity.has_second_factor(u.id),
           ARRAY(SELECT g.permission || ' ' || min(g.scope)
                   FROM identity.granted(t.id, u.id) g
                  WHERE g.permission = ANY (k.scopes)
                  GROUP BY g.permission)
      FROM directory.personal_access_tokens k
      JOIN directory.users u ON u.id = k.user_id AND u.status = 'active'
      JOIN identity.members m ON m.tenant_id = k.tenant_id AND m.user_id = k.user_id AND m.status = 'active'
      JOIN directory.tenants t ON t.id = m.tenant_id AND t.status = 'active' AND t.feature_flags -> 'access_tokens' IS DISTINCT FROM 'false'
     WHERE k.token_hash = presented AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > at);
END
$$;
REVOKE ALL ON FUNCTION identity.authenticate_token(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.authenticate_token(bytea, timestamptz) TO atrium_app;

-- The tenants of one user, for the switch. Membership spans tenants, so this too runs as the owner.
CREATE FUNCTION identity.tenants_of(member uuid)
RETURNS TABLE (tenant_id uuid, name text, slug text, status text, onboarding_status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT t.id, t.name, t.slug, t.status, t.onboarding_status
      FROM identity.members m
      JOIN directory.tenants t ON t.id = m.tenant_id
     WHERE m.user_id = member AND m.status = 'active' AND t.status <> 'deleted'
     ORDER BY t.name, t.id
$$;
REVOKE ALL ON FUNCTION identity.tenants_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.tenants_of(uuid) TO atrium_app;

-- Notes that a session is in use: on the session, the user and the member. The caller does so at most once a minute,
-- before a tenant is known.
CREATE FUNCTION identity.note_activity(session uuid, at timestamptz, idle interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH seen AS (
        UPDATE directory.sessions s
           SET last_seen_at = at, idle_until = least(at + idle, s.expires_at)
         WHERE s.id = session AND s.ended_at IS NULL AND s.last_seen_at < at
        RETURNING s.user_id, s.tenant_id
    ), person AS (
        UPDATE directory.users u SET last_active_at = at FROM seen WHERE u.id = seen.user_id
    )
    UPDATE identity.members m SET last_active_at = at
      FROM seen WHERE m.tenant_id = seen.tenant_id AND m.user_id = seen.user_id
$$;
REVOKE ALL ON FUNCTION identity.note_activity(uuid, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.note_activity(uuid, timestamptz, interval) TO atrium_app;

-- Copies a user's name, address, zone and locale into the members of every tenant, in the transaction that changes
-- them. It writes nothing but what the directory says.
CREATE FUNCTION identity.copy_profile(changed uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    UPDATE identity.members m
       SET display_name = u.name, email = u.email, timezone = u.timezone, locale = u.locale, avatar_url = u.avatar_url
      FROM directory.users u
     WHERE u.id = changed AND m.user_id = u.id
       AND (m.display_name, m.email, m.timezone, m.locale, m.avatar_url)
           IS DISTINCT FROM (u.name, u.email, u.timezone, u.locale, u.avatar_url)
$$;
REVOKE ALL ON FUNCTION identity.copy_profile(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.copy_profile(uuid) TO atrium_app;

-- Tells every process whose sessions are to be judged anew: `user UUID` or `tenant UUID`. A transaction that changes many
-- rows of one says it once.
CREATE FUNCTION identity.tell_sessions() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    PERFORM pg_notify('atrium_sessions', TG_ARGV[0] || ' '
                      || (to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END) ->> TG_ARGV[1]));
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION identity.tell_sessions() FROM PUBLIC;
CREATE TRIGGER tell AFTER DELETE OR UPDATE OF ended_at, tenant_id, expires_at, token_hash ON directory.sessions
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER DELETE OR UPDATE OF revoked_at ON directory.personal_access_tokens
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER UPDATE OF status, name, email, locale, timezone, is_platform_admin ON directory.users
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'id');
CREATE TRIGGER tell AFTER UPDATE OF status, feature_flags, security_policy ON directory.tenants
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('tenant', 'id');
CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE OF status ON identity.members
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON identity.member_roles
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON identity.member_permissions
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('user', 'user_id');
CREATE TRIGGER tell AFTER INSERT OR DELETE OR UPDATE ON identity.role_permissions
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('tenant', 'tenant_id');
CREATE TRIGGER tell AFTER UPDATE OF parent_id ON identity.roles
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('tenant', 'tenant_id');
