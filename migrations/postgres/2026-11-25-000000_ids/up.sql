-- Ids are unique in the whole database, and are looked for without their organization: people that a project file names,
-- an e-mail that is looked at or sent.
CREATE INDEX users_id ON users (id);
CREATE INDEX emails_id ON emails (id);

-- Children that were deleted softly are looked for when their parent is deleted for good.
CREATE INDEX registrations_former_family ON registrations (organization_id, group_id, parent_id)
    WHERE parent_id IS NOT NULL AND deleted_at IS NOT NULL;
