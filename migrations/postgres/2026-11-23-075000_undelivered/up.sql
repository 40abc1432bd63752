-- The recipients whom the server has not taken, where it took the message for others or may take them later.
ALTER TABLE emails ADD COLUMN undelivered TEXT;
