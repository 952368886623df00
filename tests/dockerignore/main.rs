//! `dopt ignore` on small projects: what it hides, and what it leaves alone because something needs it after all.

mod catalog;
mod contexts;
mod needed;
mod odd;
mod project;
