/// Configuration as a versioned graph of documents; conversations and runs.
///
/// Times are milliseconds since 1970; `document`, `content`, `metadata`, `request` and the like hold JSON.
///
/// - A link's target is a deferred foreign key without an action: at commit nothing dangles. What deleting a target
///   does is each row's own `rule`, so the store does it, in the same transaction.
/// - `change` refers to nothing, because history outlives what it tells of.
/// - A conversation's id is unique in its tenant, so that an id from another project is seen to be taken. Its
///   `last_position` numbers its messages: one update locks the row, touches it and gives the number.
/// - A run that nobody holds has `lease_until` 0, so that one range of an index holds all that may be claimed.
/// - `run_event` is keyed by the run's id alone, which is unique everywhere.
let migration0001 = """
    CREATE TABLE branch (
        tenant {text} NOT NULL, project {text} NOT NULL, name {text} NOT NULL,
        head {integer} NOT NULL, base {integer}, source {text}, created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, project, name)
    ) {clustered};

    CREATE TABLE resource (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        kind {text} NOT NULL, parent {text} NOT NULL, id {text} NOT NULL,
        document {text} NOT NULL, created_at {integer} NOT NULL, updated_at {integer} NOT NULL,
        revision {integer} NOT NULL,
        PRIMARY KEY (tenant, project, branch, kind, parent, id),
        FOREIGN KEY (tenant, project, branch) REFERENCES branch (tenant, project, name) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX resource_in_place ON resource (tenant, project, branch, kind, parent, created_at DESC, id);
    CREATE INDEX resource_inside ON resource (tenant, project, branch, parent);
    CREATE INDEX resource_in_tenant ON resource (tenant, kind, branch, created_at DESC, id);

    CREATE TABLE link (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        from_kind {text} NOT NULL, from_parent {text} NOT NULL, from_id {text} NOT NULL,
        to_kind {text} NOT NULL, to_parent {text} NOT NULL, to_id {text} NOT NULL,
        role {text} NOT NULL, rule {text} NOT NULL CHECK (rule IN ('cascade', 'restrict', 'clear')),
        PRIMARY KEY (tenant, project, branch, from_kind, from_parent, from_id, role, to_kind, to_parent, to_id),
        FOREIGN KEY (tenant, project, branch, from_kind, from_parent, from_id)
            REFERENCES resource (tenant, project, branch, kind, parent, id) ON DELETE CASCADE,
        FOREIGN KEY (tenant, project, branch, to_kind, to_parent, to_id)
            REFERENCES resource (tenant, project, branch, kind, parent, id) DEFERRABLE INITIALLY DEFERRED
    ) {clustered};
    CREATE INDEX link_to ON link (tenant, project, branch, to_kind, to_parent, to_id);

    CREATE TABLE change (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL, number {integer} NOT NULL,
        at {integer} NOT NULL, actor {text} NOT NULL, action {text} NOT NULL,
        kind {text} NOT NULL, parent {text} NOT NULL, id {text} NOT NULL,
        before {text}, after {text}, batch {integer} NOT NULL,
        PRIMARY KEY (tenant, project, branch, number)
    ) {clustered};

    CREATE TABLE conversation (
        tenant {text} NOT NULL, project {text} NOT NULL, id {text} NOT NULL,
        agent {text} NOT NULL, active_sub_agent {text}, owner {text}, ref {text} NOT NULL, title {text},
        metadata {text}, user_properties {text}, properties {text},
        last_position {integer} NOT NULL, created_at {integer} NOT NULL, updated_at {integer} NOT NULL,
        PRIMARY KEY (tenant, id)
    ) {clustered};
    CREATE INDEX conversation_in_project ON conversation (tenant, project, updated_at DESC, id);

    CREATE TABLE message (
        tenant {text} NOT NULL, project {text} NOT NULL, conversation {text} NOT NULL, position {integer} NOT NULL,
        id {text} NOT NULL, role {text} NOT NULL, from_sub_agent {text}, to_sub_agent {text},
        visibility {text} NOT NULL, type {text} NOT NULL, run {text}, content {text} NOT NULL, metadata {text},
        created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, conversation, position),
        UNIQUE (tenant, project, id),
        FOREIGN KEY (tenant, conversation) REFERENCES conversation (tenant, id) ON DELETE CASCADE
    ) {clustered};

    CREATE TABLE run (
        id {text} NOT NULL PRIMARY KEY, tenant {text} NOT NULL, project {text} NOT NULL, conversation {text} NOT NULL,
        agent {text} NOT NULL, branch {text} NOT NULL, status {text} NOT NULL, request {text} NOT NULL,
        started_at {integer} NOT NULL, updated_at {integer} NOT NULL, finished_at {integer},
        lease_owner {text}, lease_until {integer} NOT NULL, attempt {integer} NOT NULL,
        FOREIGN KEY (tenant, conversation) REFERENCES conversation (tenant, id) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX run_in_conversation ON run (tenant, conversation, started_at DESC, id);
    CREATE INDEX run_to_drive ON run (lease_until) WHERE status = 'running';

    CREATE TABLE run_event (
        run {text} NOT NULL, seq {integer} NOT NULL, at {integer} NOT NULL, type {text} NOT NULL, body {text} NOT NULL,
        PRIMARY KEY (run, seq),
        FOREIGN KEY (run) REFERENCES run (id) ON DELETE CASCADE
    ) {clustered};
    """
