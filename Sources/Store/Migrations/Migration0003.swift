/// Lists whose cost does not grow with what there is, and answers that are kept for requests that come again.
///
/// - `name` and `search` of a resource repeat what its document says, as `ListText` folds it: by them lists are sorted
///   and searched. What has no name is not in the two indexes: it is sorted as it is listed.
/// - `tally` is how many resources of a kind live in a place; it moves with them, so that no list counts.
/// - `facet` holds the values of declared members that lists filter by. References are found by `link`.
/// - `facets_declared` is the declaration that the facets were made by; opening a store with another makes them anew.
/// - `idempotency` has the answer to a write that had a key, sealed; it is made in the transaction of the write.
let migration0003 = """
    ALTER TABLE resource ADD COLUMN name {text} NOT NULL DEFAULT '';
    ALTER TABLE resource ADD COLUMN search {text} NOT NULL DEFAULT '';
    CREATE INDEX resource_by_name ON resource (tenant, project, branch, kind, parent, name, id) WHERE name > '';
    CREATE INDEX resource_by_update ON resource (tenant, project, branch, kind, parent, updated_at DESC, id, name)
        WHERE name > '';

    CREATE TABLE tally (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        kind {text} NOT NULL, parent {text} NOT NULL, amount {integer} NOT NULL,
        PRIMARY KEY (tenant, project, branch, kind, parent),
        FOREIGN KEY (tenant, project, branch) REFERENCES branch (tenant, project, name) ON DELETE CASCADE
    ) {clustered};
    INSERT INTO tally (tenant, project, branch, kind, parent, amount)
    SELECT tenant, project, branch, kind, parent, count(*) FROM resource
    GROUP BY tenant, project, branch, kind, parent;

    CREATE TABLE facet (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL,
        kind {text} NOT NULL, parent {text} NOT NULL, id {text} NOT NULL,
        member {text} NOT NULL, value {text} NOT NULL,
        PRIMARY KEY (tenant, project, branch, kind, parent, id, member, value),
        FOREIGN KEY (tenant, project, branch, kind, parent, id)
            REFERENCES resource (tenant, project, branch, kind, parent, id) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX facet_value ON facet (tenant, project, branch, kind, parent, member, value, id);

    CREATE TABLE facets_declared (declaration {text} NOT NULL PRIMARY KEY) {clustered};

    CREATE TABLE idempotency (
        tenant {text} NOT NULL, caller {text} NOT NULL, operation {text} NOT NULL, name {text} NOT NULL,
        fingerprint {text} NOT NULL, status {integer} NOT NULL, body {text}, entity_tag {text},
        created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, caller, operation, name)
    ) {clustered};
    CREATE INDEX idempotency_age ON idempotency (created_at);
    """
