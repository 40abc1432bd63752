DROP INDEX idempotency_records_person;
DROP TABLE credentials;
