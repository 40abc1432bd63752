DROP INDEX emails_person;
DROP INDEX cart_lines_person;
DROP INDEX registrations_person;
CREATE INDEX registrations_person ON registrations (organization_id, clogin_id);
