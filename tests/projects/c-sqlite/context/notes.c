/* Makes a database of notes in memory and counts them. */
#include <sqlite3.h>
#include <stdio.h>

static int print(void *unused, int columns, char **values, char **names)
{
    (void)unused; (void)columns; (void)names;
    printf("%s notes\n", values[0]);
    return 0;
}

int main(void)
{
    char schema[4096];
    FILE *file = fopen("/opt/notes/share/notes/schema.sql", "r");
    sqlite3 *database;
    if (!file || sqlite3_open(":memory:", &database) != SQLITE_OK)
        return 1;
    schema[fread(schema, 1, sizeof schema - 1, file)] = 0;
    if (sqlite3_exec(database, schema, NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    return sqlite3_exec(database, "SELECT count(*) FROM notes", print, NULL, NULL);
}
