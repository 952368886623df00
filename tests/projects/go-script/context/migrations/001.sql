create table a(x);
