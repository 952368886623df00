import sqlite3

with open("schema.sql") as schema:
    sqlite3.connect("notes.db").executescript(schema.read())
