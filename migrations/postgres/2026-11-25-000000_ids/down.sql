DROP INDEX emails_id;
DROP INDEX users_id;
