mod journal;
mod local;
mod migrations;
mod rows;
mod writer;
