-- Event types: which starts are offered, which dates, and how much of it.

ALTER TABLE scheduling.event_types
    ADD COLUMN minimum_gap_minutes integer CHECK (minimum_gap_minutes BETWEEN 0 AND 1440),
    ADD COLUMN start_grid          text    NOT NULL DEFAULT 'window' CHECK (start_grid IN ('window', 'after_busy')),
    ADD COLUMN is_aligned          boolean NOT NULL DEFAULT false,
    ADD COLUMN horizon_type        text    NOT NULL DEFAULT 'days' CHECK (horizon_type IN ('days', 'dates', 'days_with_slots')),
    ADD COLUMN horizon_first       date,
    ADD COLUMN horizon_last        date,
    ADD CONSTRAINT event_types_horizon
        CHECK (CASE WHEN horizon_type = 'dates'
                    THEN horizon_first IS NOT NULL AND horizon_last IS NOT NULL AND horizon_first <= horizon_last
                    ELSE horizon_first IS NULL AND horizon_last IS NULL END);

CREATE TABLE scheduling.event_type_limits (
    tenant_id     uuid    NOT NULL,
    event_type_id uuid    NOT NULL,
    period        text    NOT NULL CHECK (period IN ('day', 'week', 'month')),
    measure       text    NOT NULL CHECK (measure IN ('bookings', 'minutes')),
    scope         text    NOT NULL CHECK (scope IN ('event_of_organizer', 'organizer', 'event')),
    most          integer NOT NULL CHECK (most BETWEEN 1 AND 100000),
    position      integer NOT NULL,
    PRIMARY KEY (tenant_id, event_type_id, period, measure, scope)
);
COMMENT ON TABLE scheduling.event_type_limits IS 'beside event_types.daily_limit; all of them hold';
CALL platform.protect('scheduling.event_type_limits');

ALTER TABLE scheduling.event_type_limits
    ADD FOREIGN KEY (tenant_id, event_type_id) REFERENCES scheduling.event_types (tenant_id, id) ON DELETE CASCADE;
