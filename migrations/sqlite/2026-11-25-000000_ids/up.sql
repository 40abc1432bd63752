-- Here an id is the table's own key, and needs no index to be looked for.

-- Children that were deleted softly are looked for when their parent is deleted for good.
CREATE INDEX registrations_former_family ON registrations (organization_id, group_id, parent_id)
    WHERE parent_id IS NOT NULL AND deleted_at IS NOT NULL;
