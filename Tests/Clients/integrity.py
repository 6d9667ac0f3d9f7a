"""Checks a SQLite file: prints `ok` when the engine finds it whole and no reference dangles. Argument: the file."""

import sqlite3
import sys

connection = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
faults = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
faults += [str(row) for row in connection.execute("PRAGMA foreign_key_check")]
print("ok" if not faults else "; ".join(faults))
