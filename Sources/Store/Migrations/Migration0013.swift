/// What runs used, what models cost, and how much may be used.
///
/// - `usage_day` holds running totals: a run adds to them in the commit of its end. Rows without a model count runs and
///   tools, the others calls of that model. `part` spreads what many replicas add at the same time over several rows.
/// - A `budget`'s `document` says what it bounds. `budget_use` is what was used of it, by the beginning of the time
///   that it is for and by whose it is; `budget_hold` what calls under way may come to use, until they end or are given
///   up.
/// - Money is in millionths.
let migration0013 = """
    CREATE TABLE usage_day (
        tenant {text} NOT NULL, project {text} NOT NULL, day {integer} NOT NULL, agent {text} NOT NULL,
        model {text} NOT NULL, owner {text} NOT NULL, part {integer} NOT NULL,
        runs {integer} NOT NULL, failed_runs {integer} NOT NULL, run_ms {integer} NOT NULL,
        tool_calls {integer} NOT NULL, model_calls {integer} NOT NULL, unpriced_calls {integer} NOT NULL,
        input_tokens {integer} NOT NULL, output_tokens {integer} NOT NULL, cached_tokens {integer} NOT NULL,
        cost {integer} NOT NULL,
        PRIMARY KEY (tenant, project, day, agent, model, owner, part)
    ) {clustered};
    CREATE INDEX usage_day_in_tenant ON usage_day (tenant, day);

    CREATE TABLE model_price (
        tenant {text} NOT NULL, model {text} NOT NULL,
        input {integer} NOT NULL, output {integer} NOT NULL, cached {integer}, updated_at {integer} NOT NULL,
        PRIMARY KEY (tenant, model)
    ) {clustered};

    CREATE TABLE budget (
        tenant {text} NOT NULL, id {text} NOT NULL, document {text} NOT NULL,
        created_at {integer} NOT NULL, updated_at {integer} NOT NULL,
        PRIMARY KEY (tenant, id)
    ) {clustered};
    CREATE TABLE budget_use (
        tenant {text} NOT NULL, budget {text} NOT NULL, since {integer} NOT NULL, subject {text} NOT NULL,
        used {integer} NOT NULL,
        PRIMARY KEY (tenant, budget, since, subject),
        FOREIGN KEY (tenant, budget) REFERENCES budget (tenant, id) ON DELETE CASCADE
    ) {clustered};
    CREATE TABLE budget_hold (
        tenant {text} NOT NULL, budget {text} NOT NULL, since {integer} NOT NULL, subject {text} NOT NULL,
        run {text} NOT NULL, call {text} NOT NULL, amount {integer} NOT NULL, until {integer} NOT NULL,
        PRIMARY KEY (tenant, budget, since, subject, run, call),
        FOREIGN KEY (tenant, budget) REFERENCES budget (tenant, id) ON DELETE CASCADE
    ) {clustered};
    """
