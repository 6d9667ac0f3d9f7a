/// An end user's conversations, last changed first, without a look at those of others. Those that nobody owns are not
/// in it, so that a turn in one of them costs nothing for it.
let migration0007 = """
    CREATE INDEX conversation_of_owner ON conversation (tenant, project, owner, updated_at DESC, id)
        WHERE owner IS NOT NULL;
    """
