-- What calls did. An id is a UUID of version 7, which begins with the moment: the order of ids is that of time, and no
-- other column holds it.
CREATE TABLE events (
    organization_id BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL,
    admin_id BIGINT NOT NULL,
    -- Only where `data` is about one person: it goes with the person.
    clogin_id BIGINT,
    metadata TEXT NOT NULL,
    -- None: the organization keeps only metadata.
    data TEXT,
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX events_kind ON events (organization_id, kind, id);
CREATE INDEX events_request ON events (organization_id, request_id, id);
CREATE INDEX events_admin ON events (organization_id, admin_id, kind, id);
CREATE INDEX events_person ON events (organization_id, clogin_id) WHERE clogin_id IS NOT NULL;
