ALTER TABLE scheduling.bookings DROP COLUMN cancelled_from;
