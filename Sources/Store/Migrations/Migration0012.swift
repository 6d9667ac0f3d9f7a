/// The ledger of artifacts: what sub-agents found and kept.
///
/// - Ids are chosen by models, so they are unique only together with the tool call and the run: two turns may choose
///   the same, and providers that count their calls from one in each answer give the same call ids, too.
/// - `summary` and `data` hold JSON objects: what others see at first, and all of it. `is_named` is 0 while a better
///   name is wanted.
let migration0012 = """
    CREATE TABLE artifact (
        tenant {text} NOT NULL, conversation {text} NOT NULL, project {text} NOT NULL, id {text} NOT NULL,
        tool_call {text} NOT NULL, run {text} NOT NULL, sub_agent {text} NOT NULL, type {text} NOT NULL,
        name {text} NOT NULL, description {text} NOT NULL, summary {text} NOT NULL, data {text} NOT NULL,
        media_type {text}, visibility {text} NOT NULL, is_named {integer} NOT NULL, is_oversized {integer} NOT NULL,
        created_at {integer} NOT NULL, updated_at {integer} NOT NULL,
        PRIMARY KEY (tenant, conversation, id, tool_call, run),
        FOREIGN KEY (tenant, conversation) REFERENCES conversation (tenant, id) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX artifact_newest ON artifact (tenant, conversation, created_at DESC, id, tool_call, run);
    """
