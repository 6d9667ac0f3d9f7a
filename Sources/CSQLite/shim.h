#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot call. This is the same call with the types written out: a statement
// keeps the plan that it was prepared with, whatever values it is given.
static inline int covey_sqlite_keep_plans(sqlite3 *handle) {
    return sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, (int *)0);
}
