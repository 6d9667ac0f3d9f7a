/// Secrets: the keys that sealed any, and the entries of credential stores.
///
/// - `secret_key.proof` is a known text sealed by the key, so that a server with another key is found out before it
///   writes. Positions are without gaps: of two servers that add a key at once, one has to look again.
/// - A credential entry is outside branches and has no history: what is deleted or replaced is gone. `value` and
///   `metadata` are sealed for this entry alone.
let migration0004 = """
    CREATE TABLE secret_key (
        position {integer} NOT NULL PRIMARY KEY, id {text} NOT NULL, proof {text} NOT NULL,
        created_at {integer} NOT NULL
    ) {clustered};

    CREATE TABLE credential_entry (
        tenant {text} NOT NULL, project {text} NOT NULL, store {text} NOT NULL, key {text} NOT NULL,
        value {text} NOT NULL, metadata {text}, created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, project, store, key)
    ) {clustered};
    """
