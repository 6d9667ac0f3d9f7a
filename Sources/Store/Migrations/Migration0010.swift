/// Lists of a project's runs, newest first, and the runs that wait for a person.
let migration0010 = """
    CREATE INDEX run_in_project ON run (tenant, project, started_at DESC, id);
    CREATE INDEX run_waiting ON run (updated_at) WHERE status = 'waiting';
    """
