/// People, what they belong to, what they are let in with, and the record of what was done.
///
/// - What opens something (sessions, links, device codes) is kept as a digest alone. A password is a `SecretHash`.
/// - An account is found by its address in lower case, `email_key`.
/// - A `ticket` is good once, until it expires: links that set a password, states of a sign-in elsewhere, challenges
///   that were solved. `purpose` keeps them apart.
/// - `server_secret` holds, sealed, the secrets that servers make for themselves and share.
/// - A conversation belongs to a `subject`: the whole name of who began it, of which `owner` is what people see.
/// - An `attempt` counts what failed lately, so that guessing stops: for all processes on the database.
/// - `audit` is append-only: each record's digest covers that of the one before. `audit_head` has the last of each
///   tenant, and is locked by who appends.
let migration0009 = """
    CREATE TABLE account (
        id {text} NOT NULL PRIMARY KEY, email {text} NOT NULL, email_key {text} NOT NULL UNIQUE, name {text} NOT NULL,
        image {text}, is_verified {integer} NOT NULL, password {text}, timezone {text}, attributes {text},
        created_at {integer} NOT NULL, updated_at {integer} NOT NULL
    ) {clustered};
    CREATE TABLE account_identity (
        provider {text} NOT NULL, subject {text} NOT NULL,
        account {text} NOT NULL REFERENCES account (id) ON DELETE CASCADE, created_at {integer} NOT NULL,
        PRIMARY KEY (provider, subject)
    ) {clustered};
    CREATE INDEX account_identity_of ON account_identity (account);

    CREATE TABLE session (
        digest {text} NOT NULL PRIMARY KEY, id {text} NOT NULL UNIQUE,
        account {text} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        organization {text}, address {text}, agent {text},
        created_at {integer} NOT NULL, updated_at {integer} NOT NULL, expires_at {integer} NOT NULL
    ) {clustered};
    CREATE INDEX session_of ON session (account, created_at);
    CREATE INDEX session_end ON session (expires_at);

    CREATE TABLE organization (
        id {text} NOT NULL PRIMARY KEY, name {text} NOT NULL, logo {text}, metadata {text}, settings {text} NOT NULL,
        created_at {integer} NOT NULL
    ) {clustered};
    CREATE TABLE organization_member (
        tenant {text} NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
        account {text} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        id {text} NOT NULL UNIQUE, role {text} NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
        created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, account)
    ) {clustered};
    CREATE INDEX organization_member_of ON organization_member (account, created_at);
    CREATE TABLE project_member (
        tenant {text} NOT NULL, project {text} NOT NULL, account {text} NOT NULL,
        role {text} NOT NULL CHECK (role IN ('project_admin', 'project_member', 'project_viewer')),
        created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, project, account),
        FOREIGN KEY (tenant, account) REFERENCES organization_member (tenant, account) ON DELETE CASCADE
    ) {clustered};
    CREATE INDEX project_member_of ON project_member (tenant, account, project);

    CREATE TABLE invitation (
        id {text} NOT NULL PRIMARY KEY, tenant {text} NOT NULL REFERENCES organization (id) ON DELETE CASCADE,
        email {text} NOT NULL, email_key {text} NOT NULL, role {text} NOT NULL, status {text} NOT NULL,
        method {text}, assignments {text} NOT NULL, inviter {text} NOT NULL,
        created_at {integer} NOT NULL, expires_at {integer} NOT NULL
    ) {clustered};
    CREATE INDEX invitation_of ON invitation (tenant, created_at);
    CREATE INDEX invitation_to ON invitation (email_key, created_at);

    CREATE TABLE identity_provider (
        tenant {text} NOT NULL, id {text} NOT NULL UNIQUE, domain {text} NOT NULL, document {text} NOT NULL,
        created_at {integer} NOT NULL,
        PRIMARY KEY (tenant, id)
    ) {clustered};
    CREATE INDEX identity_provider_of ON identity_provider (domain);

    CREATE TABLE device_code (
        digest {text} NOT NULL PRIMARY KEY, user_code {text} NOT NULL UNIQUE, client {text} NOT NULL, scope {text},
        status {text} NOT NULL, account {text} REFERENCES account (id) ON DELETE CASCADE,
        asked_at {integer} NOT NULL, interval_ms {integer} NOT NULL,
        created_at {integer} NOT NULL, expires_at {integer} NOT NULL
    ) {clustered};
    CREATE INDEX device_code_end ON device_code (expires_at);

    CREATE TABLE ticket (
        purpose {text} NOT NULL, digest {text} NOT NULL, subject {text}, data {text},
        created_at {integer} NOT NULL, expires_at {integer} NOT NULL,
        PRIMARY KEY (purpose, digest)
    ) {clustered};
    CREATE INDEX ticket_end ON ticket (expires_at);
    CREATE INDEX ticket_of ON ticket (purpose, subject);

    CREATE TABLE attempt (
        name {text} NOT NULL PRIMARY KEY, failures {integer} NOT NULL, since {integer} NOT NULL,
        locked_until {integer} NOT NULL, expires_at {integer} NOT NULL
    ) {clustered};
    CREATE INDEX attempt_end ON attempt (expires_at);

    CREATE TABLE revocation (
        app {text} NOT NULL, subject {text} NOT NULL, before {integer} NOT NULL, expires_at {integer} NOT NULL,
        PRIMARY KEY (app, subject)
    ) {clustered};
    CREATE TABLE last_use (
        kind {text} NOT NULL, id {text} NOT NULL, at {integer} NOT NULL,
        PRIMARY KEY (kind, id)
    ) {clustered};

    CREATE INDEX facet_holder ON facet (tenant, project, member, value);
    CREATE TABLE server_secret (
        name {text} NOT NULL PRIMARY KEY, sealed {text} NOT NULL, created_at {integer} NOT NULL
    ) {clustered};

    ALTER TABLE conversation ADD COLUMN subject {text};
    UPDATE conversation SET subject = 'user:' || owner WHERE owner IS NOT NULL;
    CREATE INDEX conversation_of_subject ON conversation (tenant, project, subject, updated_at DESC, id)
        WHERE subject IS NOT NULL;

    CREATE TABLE audit (
        tenant {text} NOT NULL, sequence {integer} NOT NULL, at {integer} NOT NULL, actor {text} NOT NULL,
        means {text} NOT NULL, action {text} NOT NULL, target {text} NOT NULL, outcome {text} NOT NULL,
        address {text} NOT NULL, request {text} NOT NULL, amount {integer} NOT NULL, digest {text} NOT NULL,
        PRIMARY KEY (tenant, sequence)
    ) {clustered};
    CREATE INDEX audit_by_actor ON audit (tenant, actor, sequence);
    CREATE INDEX audit_by_action ON audit (tenant, action, sequence);
    CREATE TABLE audit_head (
        tenant {text} NOT NULL PRIMARY KEY, sequence {integer} NOT NULL, digest {text} NOT NULL
    ) {clustered};
    """
