-- Ring 1: the login history has every attempt: those that a wait or a limit refused, and members who came from another workspace.

ALTER TABLE directory.login_history
    DROP CONSTRAINT login_history_outcome_check,
    ADD CONSTRAINT login_history_outcome_check CHECK (outcome IN ('success', 'failed', 'refused', 'entered')),
    -- The session that it opened.
    ADD COLUMN session_id uuid,
    -- Of attempts that were refused unseen there is one line for an account, a network and a minute.
    ADD COLUMN refusal_key bytea CHECK (octet_length(refusal_key) = 32),
    ADD COLUMN attempts integer NOT NULL DEFAULT 1 CHECK (attempts > 0),
    ADD CONSTRAINT login_history_counts CHECK ((outcome = 'refused') = (refusal_key IS NOT NULL) AND (attempts = 1 OR outcome = 'refused'));
CREATE UNIQUE INDEX login_history_refusal ON directory.login_history (refusal_key) WHERE refusal_key IS NOT NULL;
CREATE INDEX login_history_nobody ON directory.login_history (id DESC) WHERE user_id IS NULL;
CREATE INDEX login_history_session ON directory.login_history (session_id) WHERE session_id IS NOT NULL;

-- The serving role only adds to the history, so it counts through the owner, and only upwards.
CREATE FUNCTION identity.count_refused_sign_ins(refusal bytea, more integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    UPDATE directory.login_history SET attempts = least(attempts::bigint + greatest(more, 0), 2147483647)::integer WHERE refusal_key = refusal
$$;
REVOKE ALL ON FUNCTION identity.count_refused_sign_ins(bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.count_refused_sign_ins(bytea, integer) TO atrium_app;

-- Addresses that users had before, so that what was sent to them is theirs in an export, and goes with them. Written by a trigger:
-- by whatever way an address changes.
CREATE TABLE directory.former_emails (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id    uuid        NOT NULL REFERENCES directory.users ON DELETE CASCADE,
    email_key  text        NOT NULL,
    held_from  timestamptz NOT NULL,
    held_until timestamptz NOT NULL
);
CREATE INDEX former_emails_user ON directory.former_emails (user_id, held_until);

CREATE FUNCTION identity.keep_former_email() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    INSERT INTO directory.former_emails (user_id, email_key, held_from, held_until)
    SELECT OLD.id, OLD.email_key,
           coalesce((SELECT max(f.held_until) FROM directory.former_emails f WHERE f.user_id = OLD.id),
                    -- The mail of a sign-up is a day older than its user at most.
                    CASE WHEN OLD.created_at <= now() THEN OLD.created_at - interval '1 day' ELSE '-infinity' END),
           now();
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION identity.keep_former_email() FROM PUBLIC;
-- Of who is erased nothing is kept.
CREATE TRIGGER keep_former_email AFTER UPDATE OF email_key ON directory.users
    FOR EACH ROW WHEN (OLD.email_key IS DISTINCT FROM NEW.email_key AND NEW.status <> 'deleted')
    EXECUTE FUNCTION identity.keep_former_email();

-- The addresses of a user, with the time in which what went there was his or hers; for the owner alone. A former one that nobody
-- else has counts for all time.
CREATE FUNCTION identity.emails_of(who uuid) RETURNS TABLE (email_key text, held_from timestamptz, held_until timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog
AS $$
    SELECT u.email_key, '-infinity'::timestamptz, 'infinity'::timestamptz FROM directory.users u WHERE u.id = who
    UNION ALL
    SELECT f.email_key,
           CASE WHEN o.id IS NULL THEN '-infinity' ELSE f.held_from END,
           CASE WHEN o.id IS NULL THEN 'infinity' ELSE f.held_until END
      FROM directory.former_emails f
      LEFT JOIN directory.users o ON o.email_key = f.email_key AND o.deleted_at IS NULL AND o.id <> who
     WHERE f.user_id = who
$$;
REVOKE ALL ON FUNCTION identity.emails_of(uuid) FROM PUBLIC;

-- What the tenant of the context sent to an address, for the export of a contact: the serving role reads no mails.
CREATE FUNCTION platform.mails_to(address text) RETURNS TABLE (kind text, subject text, status text, created_at timestamptz, sent_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT m.kind, m.subject, m.status, m.created_at, m.sent_at
      FROM directory.mails m
     WHERE m.tenant_id = platform.current_tenant() AND lower(m.recipient) = address AND address <> ''
     ORDER BY m.created_at, m.id
$$;
REVOKE ALL ON FUNCTION platform.mails_to(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.mails_to(text) TO atrium_app;

-- No tenant has a database of its own, so nobody wrote it.
ALTER TABLE directory.tenants DROP COLUMN database_url_ciphertext;
