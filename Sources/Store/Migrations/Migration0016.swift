/// Summaries of conversations are found however long ago they were made.
let migration0016 = """
    CREATE INDEX message_of_summary ON message (tenant, project, conversation, position)
        WHERE type = 'compression_summary';
    """
