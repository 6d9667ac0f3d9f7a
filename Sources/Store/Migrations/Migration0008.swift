/// Versions: what commits, merges, past states and histories need beyond the log.
///
/// - A life of a branch goes from its making to its deletion. Its random number is in commit hashes, so that a branch
///   made anew under an old name is another one. Lives outlast their branches and projects, as the log does.
/// - `vector` holds the highest change number of every life that a state has in it, as `LIFE:NUMBER,…`: of a life when
///   it began, of a merge when it was done. `source` and `base` of a life are the state that it was copied from.
/// - A change knows the times and the revision of the resource before it, so that it can be undone exactly. What older
///   changes did is found in the log.
let migration0008 = """
    ALTER TABLE branch ADD COLUMN life {integer} NOT NULL DEFAULT 0;
    UPDATE branch SET life = {random};

    CREATE TABLE branch_life (
        tenant {text} NOT NULL, project {text} NOT NULL, life {integer} NOT NULL, name {text} NOT NULL,
        started {integer} NOT NULL, source {integer}, base {integer}, vector {text} NOT NULL,
        created_at {integer} NOT NULL, created_by {text}, ended {integer}, ended_at {integer}, ended_by {text},
        PRIMARY KEY (tenant, project, life)
    ) {clustered};
    CREATE INDEX branch_life_of_name ON branch_life (tenant, project, name);

    CREATE TABLE merge (
        tenant {text} NOT NULL, project {text} NOT NULL, life {integer} NOT NULL, sequence {integer} NOT NULL,
        number {integer} NOT NULL, source {integer} NOT NULL, source_number {integer} NOT NULL, vector {text} NOT NULL,
        at {integer} NOT NULL, actor {text} NOT NULL, author {text}, message {text},
        PRIMARY KEY (tenant, project, life, sequence)
    ) {clustered};

    INSERT INTO branch_life (tenant, project, life, name, started, source, base, vector, created_at)
    SELECT b.tenant, b.project, b.life, b.name,
        coalesce(b.base, (
            SELECT max(c.number) FROM change c
            WHERE c.tenant = b.tenant AND c.project = b.project AND c.branch = b.name AND c.at < b.created_at), 0),
        s.life, b.base, coalesce(s.life || ':' || b.base, ''), b.created_at
    FROM branch b LEFT JOIN branch s ON s.tenant = b.tenant AND s.project = b.project AND s.name = b.source;

    CREATE INDEX change_of_resource ON change (tenant, project, branch, kind, parent, id, number);
    CREATE INDEX change_in_place ON change (tenant, project, branch, parent, number);
    ALTER TABLE change ADD COLUMN created_at {integer};
    ALTER TABLE change ADD COLUMN before_updated_at {integer};
    ALTER TABLE change ADD COLUMN before_revision {integer};
    UPDATE change SET created_at = coalesce((
        SELECT c.at FROM change c
        WHERE c.tenant = change.tenant AND c.project = change.project AND c.branch = change.branch
            AND c.kind = change.kind AND c.parent = change.parent AND c.id = change.id
            AND c.number <= change.number AND c.action = 'create'
        ORDER BY c.number DESC LIMIT 1), at);
    UPDATE change SET before_updated_at = coalesce((
        SELECT c.at FROM change c
        WHERE c.tenant = change.tenant AND c.project = change.project AND c.branch = change.branch
            AND c.kind = change.kind AND c.parent = change.parent AND c.id = change.id AND c.number < change.number
        ORDER BY c.number DESC LIMIT 1), created_at),
    before_revision = (
        SELECT count(*) FROM change c
        WHERE c.tenant = change.tenant AND c.project = change.project AND c.branch = change.branch
            AND c.kind = change.kind AND c.parent = change.parent AND c.id = change.id
            AND c.number < change.number AND c.number >= coalesce((
                SELECT max(d.number) FROM change d
                WHERE d.tenant = change.tenant AND d.project = change.project AND d.branch = change.branch
                    AND d.kind = change.kind AND d.parent = change.parent AND d.id = change.id
                    AND d.number < change.number AND d.action = 'create'), 0))
    WHERE action <> 'create';

    CREATE INDEX conversation_on_branch ON conversation (tenant, project, ref) WHERE ref <> 'main';
    """
