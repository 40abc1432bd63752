-- What was paid and given back. The sum of what is approved stands in the registration.
CREATE TABLE payments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    clogin_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    amount BIGINT NOT NULL,
    reference TEXT,
    paid_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    FOREIGN KEY (organization_id, clogin_id) REFERENCES users (organization_id, id)
);
CREATE INDEX payments_user ON payments (organization_id, group_id, clogin_id, id);
CREATE UNIQUE INDEX payments_reference ON payments (organization_id, group_id, clogin_id, reference)
    WHERE reference IS NOT NULL;
-- For the deletion of a person.
CREATE INDEX payments_person ON payments (organization_id, clogin_id);
