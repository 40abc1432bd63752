-- One row a kind of id that the configuration hands out, and one for its version. Taking the version's row
-- first is what makes changes of the configuration happen one after the other.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES
    ('config_version', 0), ('organization', 0), ('admin', 0), ('group', 0), ('form', 0), ('category', 0),
    ('product', 0), ('status', 0), ('email_template', 0), ('trigger', 0);

CREATE TABLE organizations (
    id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    definition TEXT NOT NULL
);
CREATE INDEX organizations_version ON organizations (version);

CREATE TABLE admins (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    id BIGINT NOT NULL,
    token_sha256 TEXT NOT NULL,
    revoked_at TIMESTAMP,
    definition TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX admins_token ON admins (token_sha256);

CREATE TABLE groups (
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (organization_id, id)
);

-- Forms, categories, products, statuses, e-mail templates and triggers: what a project is set up with.
CREATE TABLE group_items (
    organization_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (organization_id, kind, id),
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id)
);

CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL REFERENCES organizations (id),
    uuid TEXT NOT NULL,
    username TEXT,
    username_key TEXT,
    password_hash TEXT,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    org_name TEXT NOT NULL,
    main_email TEXT,
    email_key TEXT,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP
);
CREATE UNIQUE INDEX users_id ON users (organization_id, id);
CREATE UNIQUE INDEX users_uuid ON users (organization_id, uuid);
CREATE UNIQUE INDEX users_username ON users (organization_id, username_key);

CREATE TABLE registrations (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    clogin_id BIGINT NOT NULL,
    parent_id BIGINT,
    version BIGINT NOT NULL,
    status_id BIGINT,
    excluded BOOLEAN NOT NULL,
    answers TEXT NOT NULL,
    forms TEXT NOT NULL,
    utm TEXT,
    order_total BIGINT NOT NULL,
    paid_total BIGINT NOT NULL,
    application_date TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    deleted_at TIMESTAMP,
    FOREIGN KEY (organization_id, group_id) REFERENCES groups (organization_id, id),
    FOREIGN KEY (organization_id, clogin_id) REFERENCES users (organization_id, id)
);
CREATE UNIQUE INDEX registrations_user ON registrations (organization_id, group_id, clogin_id);

CREATE TABLE group_totals (
    organization_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    is_child BOOLEAN NOT NULL,
    excluded BOOLEAN NOT NULL,
    slot BIGINT NOT NULL,
    users BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    PRIMARY KEY (organization_id, group_id, is_child, excluded, slot)
);

CREATE TABLE idempotency_records (
    organization_id BIGINT NOT NULL,
    admin_id BIGINT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    response TEXT,
    clogin_id BIGINT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (organization_id, admin_id, idempotency_key)
);
CREATE INDEX idempotency_records_age ON idempotency_records (organization_id, created_at);
