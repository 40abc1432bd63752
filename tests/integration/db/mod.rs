mod journal;
mod migrations;
mod writer;
