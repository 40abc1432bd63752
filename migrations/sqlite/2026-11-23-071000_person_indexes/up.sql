-- In the order in which they are asked for: without it SQLite prefers to go through all registrations in that order.
DROP INDEX registrations_person;
CREATE INDEX registrations_person ON registrations (organization_id, clogin_id, group_id);

-- Who is deleted for good is looked for in every table that refers to people.
CREATE INDEX cart_lines_person ON cart_lines (organization_id, clogin_id);
CREATE INDEX emails_person ON emails (organization_id, clogin_id);
