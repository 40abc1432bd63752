DROP INDEX events_kind_admin;
CREATE INDEX events_admin ON events (organization_id, admin_id, kind, id);
CREATE INDEX events_kind ON events (organization_id, kind, id);
