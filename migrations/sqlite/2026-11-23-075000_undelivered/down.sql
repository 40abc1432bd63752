ALTER TABLE emails DROP COLUMN undelivered;
