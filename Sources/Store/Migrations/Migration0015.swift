/// A conversation that an agent has with another one, for a run: `parent_run`. Lists of conversations do not have it,
/// so the indexes that they read leave it out. The others are found by their project for when that is deleted.
let migration0015 = """
    ALTER TABLE conversation ADD COLUMN parent_run {text};
    CREATE INDEX conversation_of_run ON conversation (tenant, project, parent_run) WHERE parent_run IS NOT NULL;
    DROP INDEX conversation_in_project;
    CREATE INDEX conversation_in_project ON conversation (tenant, project, updated_at DESC, id)
        WHERE parent_run IS NULL;
    DROP INDEX conversation_of_owner;
    CREATE INDEX conversation_of_owner ON conversation (tenant, project, owner, updated_at DESC, id)
        WHERE owner IS NOT NULL AND parent_run IS NULL;
    DROP INDEX conversation_of_subject;
    CREATE INDEX conversation_of_subject ON conversation (tenant, project, subject, updated_at DESC, id)
        WHERE subject IS NOT NULL AND parent_run IS NULL;
    """
