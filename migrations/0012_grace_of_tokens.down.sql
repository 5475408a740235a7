DROP TRIGGER tell_grace ON identity.members;
DROP FUNCTION identity.authenticate_token(bytea, timestamptz), identity.authenticate_oauth(bytea, timestamptz);
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
CREATE FUNCTION identity.authenticate_oauth(presented bytea, at timestamptz)
RETURNS TABLE (
    token_id uuid, client uuid, client_id text, client_tenant uuid, client_name text, user_id uuid, tenant_id uuid, name text, email text,
    locale text, timezone text, scopes text[], permissions text[], dpop_jkt bytea, issued_at timestamptz, expires_at timestamptz,
    policy jsonb, grace_started_at timestamptz, is_exempt boolean, has_second boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, c.id, c.client_id, c.tenant_id, c.name, u.id, t.id, u.name, u.email, u.locale, u.timezone, k.scopes,
           ARRAY(SELECT held.permission || ' ' || min(held.scope)
                   FROM identity.granted(t.id, u.id) held
                  WHERE held.permission = ANY (k.scopes)
                  GROUP BY held.permission),
           g.dpop_jkt, k.created_at, k.access_token_expires_at, nullif(t.security_policy, '{}'), m.grace_started_at,
           identity.is_exempt(t.id, u.id, t.security_policy), identity.has_second_factor(u.id)
      FROM directory.oauth_tokens k
      JOIN directory.oauth_grants g ON g.id = k.grant_id AND g.revoked_at IS NULL AND g.expires_at > at
      JOIN directory.oauth_clients c ON c.id = g.client_id AND c.enabled
      JOIN directory.tenants t ON t.id = g.tenant_id AND t.status = 'active'
      LEFT JOIN directory.users u ON u.id = g.user_id AND u.status = 'active'
      LEFT JOIN identity.members m ON m.tenant_id = g.tenant_id AND m.user_id = g.user_id AND m.status = 'active'
     WHERE k.access_token_hash = presented AND k.revoked_at IS NULL AND k.access_token_expires_at > at
       AND (g.user_id IS NULL OR (u.id IS NOT NULL AND m.user_id IS NOT NULL));
END
$$;
REVOKE ALL ON FUNCTION identity.authenticate_oauth(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity.authenticate_oauth(bytea, timestamptz) TO atrium_app;
