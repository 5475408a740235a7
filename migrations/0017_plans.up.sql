-- Plans of the instance, and the subscription of each tenant: what it may use, and how it stands with who hosts it.

CREATE TABLE directory.plans (
    id               uuid        PRIMARY KEY,
    name             text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    description      text        NOT NULL DEFAULT '' CHECK (char_length(description) <= 500),
    price_minor      bigint      NOT NULL DEFAULT 0 CHECK (price_minor BETWEEN 0 AND 1000000000000),
    currency         text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    billing_interval text        NOT NULL DEFAULT 'month' CHECK (billing_interval IN ('month', 'year')),
    -- How many may be members and domains; any number without.
    member_limit     integer     CHECK (member_limit BETWEEN 1 AND 1000000),
    domain_limit     integer     CHECK (domain_limit BETWEEN 0 AND 1000),
    -- For how long a new tenant tries it; without a day it has it at once.
    trial_days       integer     NOT NULL DEFAULT 0 CHECK (trial_days BETWEEN 0 AND 365),
    is_default       boolean     NOT NULL DEFAULT false,
    version          bigint      NOT NULL DEFAULT 1,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX plans_name ON directory.plans (lower(name));
CREATE UNIQUE INDEX plans_one_default ON directory.plans (is_default) WHERE is_default;
CREATE TRIGGER touch BEFORE UPDATE ON directory.plans FOR EACH ROW EXECUTE FUNCTION platform.touch();
GRANT SELECT ON directory.plans TO atrium_app;

CREATE TABLE directory.subscriptions (
    id                     uuid        PRIMARY KEY,
    tenant_id              uuid        NOT NULL CONSTRAINT subscriptions_one_each UNIQUE REFERENCES directory.tenants ON DELETE RESTRICT,
    -- Who pays, where somebody is on record for it.
    user_id                uuid        REFERENCES directory.users ON DELETE RESTRICT,
    -- None where the instance asks for nothing: then there are no limits.
    plan_id                uuid        REFERENCES directory.plans ON DELETE RESTRICT,
    status                 text        NOT NULL DEFAULT 'active'
                           CONSTRAINT subscriptions_status CHECK (status IN ('trial', 'active', 'past_due', 'unpaid', 'canceled')),
    current_period_start   timestamptz,
    current_period_end     timestamptz,
    cancel_at_period_end   boolean     NOT NULL DEFAULT false,
    trial_start            timestamptz,
    trial_end              timestamptz,
    past_due_since         timestamptz,
    canceled_at            timestamptz,
    -- How many times the owners were told what comes next in this state.
    notices                smallint    NOT NULL DEFAULT 0,
    stripe_subscription_id text        UNIQUE CHECK (char_length(stripe_subscription_id) BETWEEN 1 AND 255),
    version                bigint      NOT NULL DEFAULT 1,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    CHECK (status <> 'trial' OR trial_end IS NOT NULL),
    CHECK (status NOT IN ('past_due', 'unpaid') OR past_due_since IS NOT NULL),
    CHECK (status <> 'canceled' OR canceled_at IS NOT NULL),
    CHECK (NOT cancel_at_period_end OR current_period_end IS NOT NULL),
    CHECK (trial_start <= trial_end),
    CHECK (current_period_start < current_period_end)
);
CREATE INDEX subscriptions_plan ON directory.subscriptions (plan_id);
CREATE INDEX subscriptions_user ON directory.subscriptions (user_id);
CREATE INDEX subscriptions_due ON directory.subscriptions (status, trial_end, current_period_end, past_due_since);
CREATE TRIGGER touch BEFORE UPDATE OF plan_id, user_id, status, current_period_start, current_period_end, cancel_at_period_end, trial_end,
    stripe_subscription_id ON directory.subscriptions FOR EACH ROW EXECUTE FUNCTION platform.touch();
CREATE TRIGGER tell AFTER UPDATE OF status ON directory.subscriptions
    FOR EACH ROW EXECUTE FUNCTION identity.tell_sessions('tenant', 'tenant_id');
GRANT SELECT ON directory.subscriptions TO atrium_app;

INSERT INTO directory.subscriptions (id, tenant_id, status, trial_start, trial_end)
SELECT gen_random_uuid(), id, CASE WHEN trial_ends_at > now() THEN 'trial' ELSE 'active' END, least(created_at, trial_ends_at), trial_ends_at
  FROM directory.tenants;
ALTER TABLE directory.tenants DROP COLUMN trial_ends_at;

-- Each tenant begins with the plan that new ones get, if there is one. Not the serving role's to choose.
CREATE FUNCTION directory.begin_subscription() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    INSERT INTO directory.subscriptions (id, tenant_id, plan_id, status, trial_start, trial_end, created_at, updated_at)
    SELECT gen_random_uuid(), NEW.id, p.id, CASE WHEN p.trial_days > 0 THEN 'trial' ELSE 'active' END,
           CASE WHEN p.trial_days > 0 THEN NEW.created_at END,
           CASE WHEN p.trial_days > 0 THEN NEW.created_at + make_interval(days => p.trial_days) END,
           NEW.created_at, NEW.created_at
      FROM (SELECT) AS one LEFT JOIN directory.plans p ON p.is_default;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION directory.begin_subscription() FROM PUBLIC;
CREATE TRIGGER subscription AFTER INSERT ON directory.tenants FOR EACH ROW EXECUTE FUNCTION directory.begin_subscription();

-- Whether a tenant can be read and not changed: it was not paid for in time, or its subscription is over. In plain SQL, so that it
-- becomes a part of the statement that asks.
CREATE FUNCTION directory.is_read_only(tenant uuid) RETURNS boolean
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT EXISTS (SELECT FROM directory.subscriptions s WHERE s.tenant_id = tenant AND s.status IN ('unpaid', 'canceled'));
END;
REVOKE ALL ON FUNCTION directory.is_read_only(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION directory.is_read_only(uuid) TO atrium_app;
