/// What lives outside branches, and what is found without its tenant being known.
///
/// - Every project gets the branch `~`, on which the kinds outside branches are kept. Users cannot name a branch so.
/// - A handle is unique among the resources of a kind in all tenants, and goes with its resource.
let migration0002 = """
    INSERT INTO branch (tenant, project, name, head, base, source, created_at)
    SELECT tenant, project, '~', 0, NULL, NULL, created_at FROM branch WHERE name = 'main';

    CREATE TABLE handle (
        kind {text} NOT NULL, name {text} NOT NULL,
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        parent {text} NOT NULL, id {text} NOT NULL,
        PRIMARY KEY (kind, name),
        FOREIGN KEY (tenant, project, branch, kind, parent, id)
            REFERENCES resource (tenant, project, branch, kind, parent, id) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX handle_of ON handle (tenant, project, branch, kind, parent, id);
    """
