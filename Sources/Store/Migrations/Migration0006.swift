/// What lives outside branches and refers to the main one, and what resources set off.
///
/// - An `outside_link` is a link whose source is on the branch `~` and whose target is on `main`. What deleting the
///   target does is its `rule`, kept by the store as that of a `link` is.
/// - An invocation goes with the resource that set it off. `due_at` sorts them; those that wait or run are few, and
///   have an index of their own.
let migration0006 = """
    CREATE TABLE outside_link (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        from_kind {text} NOT NULL, from_parent {text} NOT NULL, from_id {text} NOT NULL,
        to_kind {text} NOT NULL, to_parent {text} NOT NULL, to_id {text} NOT NULL,
        role {text} NOT NULL, rule {text} NOT NULL CHECK (rule IN ('cascade', 'restrict', 'clear')),
        PRIMARY KEY (tenant, project, branch, from_kind, from_parent, from_id, role, to_kind, to_parent, to_id),
        FOREIGN KEY (tenant, project, branch, from_kind, from_parent, from_id)
            REFERENCES resource (tenant, project, branch, kind, parent, id) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX outside_link_to ON outside_link (tenant, project, branch, to_kind, to_parent, to_id);

    CREATE TABLE invocation (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        kind {text} NOT NULL, parent {text} NOT NULL, source {text} NOT NULL, id {text} NOT NULL,
        status {text} NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
        due_at {integer} NOT NULL, started_at {integer}, ended_at {integer},
        conversations {text} NOT NULL, batch {text}, run_as_user {text}, ref {text}, request {text}, payload {text},
        error {text}, attempt {integer} NOT NULL, idempotency_key {text}, created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, project, id),
        UNIQUE (tenant, project, idempotency_key),
        FOREIGN KEY (tenant, project, branch, kind, parent, source)
            REFERENCES resource (tenant, project, branch, kind, parent, id) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX invocation_of ON invocation (tenant, project, branch, kind, parent, source, due_at DESC, id);
    CREATE INDEX invocation_by_status
        ON invocation (tenant, project, branch, kind, parent, source, status, due_at DESC, id);
    CREATE INDEX invocation_open ON invocation (tenant, project, branch, kind, parent, due_at, id)
        WHERE status IN ('pending', 'running');
    """
