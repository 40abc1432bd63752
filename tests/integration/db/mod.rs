mod journal;
mod local;
mod migrations;
mod writer;
