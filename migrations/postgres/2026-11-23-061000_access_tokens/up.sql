-- What /oauth/token hands out, by its hash. It is worth something as long as its admin has the secret that it was got with.
CREATE TABLE access_tokens (
    organization_id BIGINT NOT NULL,
    token_sha256 TEXT NOT NULL,
    admin_id BIGINT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    PRIMARY KEY (organization_id, token_sha256)
);
CREATE INDEX access_tokens_age ON access_tokens (organization_id, expires_at);
