/// What was found out about the servers of tools.
///
/// - A row is not configuration: it has no versions, and goes with its branch. That its tool is gone is seen when it is
///   next due.
/// - `basis` says for which configuration it was found, so that it is not shown for another.
/// - The partial index holds tools alone, so that those without a row are found without looking at anything else.
let migration0005 = """
    CREATE TABLE tool_health (
        tenant {text} NOT NULL, project {text} NOT NULL, branch {text} NOT NULL, tool {text} NOT NULL,
        basis {text} NOT NULL, status {text} NOT NULL, document {text} NOT NULL,
        checked_at {integer} NOT NULL, failures {integer} NOT NULL, next_at {integer} NOT NULL,
        claimed_until {integer} NOT NULL,
        PRIMARY KEY (tenant, project, branch, tool),
        FOREIGN KEY (tenant, project, branch) REFERENCES branch (tenant, project, name) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX tool_health_due ON tool_health (next_at);
    CREATE INDEX resource_tool ON resource (tenant, project, branch, id) WHERE kind = 'tool';
    """
