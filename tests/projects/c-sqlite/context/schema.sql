CREATE TABLE notes (text TEXT);
INSERT INTO notes VALUES ('the first'), ('the second');
