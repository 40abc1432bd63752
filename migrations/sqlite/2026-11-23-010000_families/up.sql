-- Lists go by registration id: those of parents and individuals, of all children, of one parent's, of the excluded.
CREATE INDEX registrations_parents ON registrations (organization_id, group_id, id)
    WHERE parent_id IS NULL AND deleted_at IS NULL;
CREATE INDEX registrations_children ON registrations (organization_id, group_id, id)
    WHERE parent_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX registrations_family ON registrations (organization_id, group_id, parent_id, id)
    WHERE parent_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX registrations_excluded ON registrations (organization_id, group_id, id)
    WHERE excluded AND deleted_at IS NULL;

CREATE TABLE login_tokens (
    organization_id BIGINT NOT NULL,
    token_sha256 TEXT NOT NULL,
    group_id BIGINT NOT NULL,
    clogin_id BIGINT NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    spent_at TIMESTAMP,
    PRIMARY KEY (organization_id, token_sha256),
    FOREIGN KEY (organization_id, clogin_id) REFERENCES users (organization_id, id)
);
CREATE INDEX login_tokens_user ON login_tokens (organization_id, clogin_id);
CREATE INDEX login_tokens_age ON login_tokens (organization_id, expires_at);

CREATE TABLE emails (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    clogin_id BIGINT NOT NULL,
    admin_id BIGINT,
    state TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    cc TEXT NOT NULL,
    bcc TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    FOREIGN KEY (organization_id, clogin_id) REFERENCES users (organization_id, id)
);
CREATE INDEX emails_user ON emails (organization_id, group_id, clogin_id, id);

CREATE TABLE cart_lines (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    organization_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    clogin_id BIGINT NOT NULL,
    -- None: a private product, which is in no list.
    product_id BIGINT,
    name TEXT NOT NULL,
    price BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    remark TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    FOREIGN KEY (organization_id, clogin_id) REFERENCES users (organization_id, id)
);
CREATE INDEX cart_lines_user ON cart_lines (organization_id, group_id, clogin_id, id);
CREATE INDEX cart_lines_product ON cart_lines (organization_id, product_id);

-- Only products with a quota have a row.
CREATE TABLE product_stock (
    organization_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    quota BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    PRIMARY KEY (organization_id, product_id)
);
