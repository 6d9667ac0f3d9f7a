/// What templates of a conversation name: what of the request's headers is kept, and values that were fetched, each
/// sealed. `hash` tells the request that gave a value from others. They go with their conversation.
let migration0014 = """
    CREATE TABLE context_cache (
        tenant {text} NOT NULL, conversation {text} NOT NULL, name {text} NOT NULL, hash {text} NOT NULL,
        value {text} NOT NULL, fetched_at {integer} NOT NULL,
        PRIMARY KEY (tenant, conversation, name),
        FOREIGN KEY (tenant, conversation) REFERENCES conversation (tenant, id) ON DELETE CASCADE
    ) {clustered};
    """
