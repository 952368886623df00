import sqlite3

from flask import Flask

app = Flask(__name__)


@app.route("/")
def count():
    return str(sqlite3.connect("notes.db").execute("select count(*) from note").fetchone()[0])
