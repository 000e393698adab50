"""Django's SQLite backend, in which the writers of one process take turns in the order in which they came.

SQLite lets a writer that finds the database busy sleep and try again, longer each time: whoever comes fresh is served
first, and under load somebody waits for seconds. Here a write transaction first takes its turn (`turns.Turns`), so
that within the process nobody finds the database busy. Other processes are still met by SQLite's own busy time-out.
"""
