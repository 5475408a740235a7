DELETE FROM scheduling.occupancy WHERE kind = 'hold';
DROP TABLE scheduling.holds;
DROP INDEX scheduling.occupancy_run_out;
ALTER TABLE platform.events DROP COLUMN co_owners;
