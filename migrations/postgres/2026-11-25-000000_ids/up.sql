-- Ids are unique in the whole database, and are looked for without their organization: people that a project file names,
-- an e-mail that is looked at or sent.
CREATE INDEX users_id ON users (id);
CREATE INDEX emails_id ON emails (id);
