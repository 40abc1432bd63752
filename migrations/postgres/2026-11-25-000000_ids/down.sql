DROP INDEX registrations_former_family;
DROP INDEX emails_id;
DROP INDEX users_id;
