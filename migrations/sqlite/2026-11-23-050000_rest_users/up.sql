-- What the REST surfaces know of a person. Who was there before has the first language of its organization.
ALTER TABLE users ADD COLUMN locale TEXT NOT NULL DEFAULT 'en';
ALTER TABLE users ADD COLUMN custom_properties TEXT;
ALTER TABLE users ADD COLUMN claims TEXT NOT NULL DEFAULT '{}';
-- Where somebody logs in elsewhere: all NULL where there is no such link. provider_key is provider_id, or '' without one.
ALTER TABLE users ADD COLUMN provider_key TEXT;
ALTER TABLE users ADD COLUMN provider_id TEXT;
ALTER TABLE users ADD COLUMN provider_url TEXT;
ALTER TABLE users ADD COLUMN subject_id TEXT;
UPDATE users SET locale = coalesce(
    (SELECT json_extract(definition, '$.locales[0]') FROM organizations WHERE organizations.id = users.organization_id), 'en');

-- Lists go by creation, then by the public id: all, and those that a filter finds.
CREATE INDEX users_created ON users (organization_id, created_at, uuid) WHERE deleted_at IS NULL;
CREATE INDEX users_email ON users (organization_id, email_key, created_at, uuid)
    WHERE deleted_at IS NULL AND email_key IS NOT NULL;
CREATE INDEX users_locale ON users (organization_id, locale, created_at, uuid) WHERE deleted_at IS NULL;
CREATE INDEX users_subject ON users (organization_id, subject_id, created_at, uuid)
    WHERE deleted_at IS NULL AND subject_id IS NOT NULL;
CREATE UNIQUE INDEX users_provider ON users (organization_id, provider_key, subject_id) WHERE subject_id IS NOT NULL;

-- The values of claims and custom_properties, a row each, by which people are found. A key is the hash of the document,
-- the path and the value: one equality, of whatever length they are. created_at and uuid are the person's.
CREATE TABLE user_values (
    organization_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    document TEXT NOT NULL,
    key_sha256 TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    uuid TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id, key_sha256),
    FOREIGN KEY (organization_id, user_id) REFERENCES users (organization_id, id)
);
CREATE INDEX user_values_key ON user_values (organization_id, key_sha256, created_at, uuid);

-- Where a person is registered.
CREATE INDEX registrations_person ON registrations (organization_id, clogin_id);

-- How many people an organization has stands among the totals of its projects, under a project that there is not.
INSERT INTO group_totals (organization_id, group_id, is_child, excluded, slot, users, ordered, paid)
    SELECT organization_id, 0, false, false, 0, count(*), 0, 0 FROM users WHERE deleted_at IS NULL
    GROUP BY organization_id;
