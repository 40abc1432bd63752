-- What is known of credentials that were issued to people elsewhere. They stay valid when their person is deleted for
-- good: then user_id is NULL.
CREATE TABLE credentials (
    organization_id BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    user_id BIGINT,
    created_at TIMESTAMP NOT NULL,
    metadata TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);
CREATE INDEX credentials_user ON credentials (organization_id, user_id, created_at, id);

-- What is kept of a person's calls goes with the person.
CREATE INDEX idempotency_records_person ON idempotency_records (organization_id, clogin_id) WHERE clogin_id IS NOT NULL;
