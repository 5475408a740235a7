-- What a cancelled booking was before, and is again when the cancellation is undone. Unknown for those cancelled earlier.
ALTER TABLE scheduling.bookings
    ADD COLUMN cancelled_from text CHECK (cancelled_from IN ('pending', 'confirmed'));
