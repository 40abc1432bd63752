-- What triggers have done for a registration, and up to which version of the configuration it has been looked at.
ALTER TABLE registrations ADD COLUMN triggers TEXT NOT NULL DEFAULT '{}';
ALTER TABLE registrations ADD COLUMN triggers_seen BIGINT NOT NULL DEFAULT 0;

-- The version of the configuration with which an item came or changed last.
ALTER TABLE group_items ADD COLUMN version BIGINT NOT NULL DEFAULT 0;

-- The outbox: e-mails that are to be sent stand among those that were.
ALTER TABLE emails ADD COLUMN template_id BIGINT;
ALTER TABLE emails ADD COLUMN trigger_id BIGINT;
ALTER TABLE emails ADD COLUMN message_id TEXT;
ALTER TABLE emails ADD COLUMN body_text TEXT;
ALTER TABLE emails ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE emails ADD COLUMN last_error TEXT;
ALTER TABLE emails ADD COLUMN sent_at TIMESTAMP;
ALTER TABLE emails ADD COLUMN next_attempt_at TIMESTAMP;
ALTER TABLE emails ADD COLUMN claimed_until TIMESTAMP;
-- Only what is to be sent stands here: the worker looks for it in all organizations at once.
CREATE INDEX emails_due ON emails (next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
