/// Runs that wait for a person.
///
/// - `wake_at` says when a run that waits is to be looked at although nobody told it anything; null for never.
/// - `run_letter` is the inbox of a run: what people and other processes tell it, until whoever drives it has taken it.
///   A letter and its id are taken once, in the commit of the events that it gives rise to.
let migration0011 = """
    ALTER TABLE run ADD COLUMN wake_at {integer};
    CREATE INDEX run_to_wake ON run (wake_at) WHERE status = 'waiting';

    CREATE TABLE run_letter (
        run {text} NOT NULL, id {text} NOT NULL, at {integer} NOT NULL, body {text} NOT NULL,
        PRIMARY KEY (run, id),
        FOREIGN KEY (run) REFERENCES run (id) ON DELETE CASCADE
    ) {clustered};
    """
