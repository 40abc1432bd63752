//! What is wrong with a project file, as sentences for the person who wrote it.

use std::fmt;

use crate::error::Error;

/// One thing that is wrong: in which file, at which JSON path, and what is allowed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// As in `groups[0].forms[1].fields[0].id`; empty for the whole document.
    pub path: String,
    /// Goes on where the path ends: `must be …`.
    pub msg: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(formatter, "{}: {}", self.file, self.msg)
        } else {
            write!(formatter, "{}: {} {}", self.file, self.path, self.msg)
        }
    }
}

/// The problems of one file, as they are found.
pub struct Report<'a> {
    file: &'a str,
    problems: Vec<Problem>,
}

impl<'a> Report<'a> {
    pub fn new(file: &'a str) -> Self {
        Report {
            file,
            problems: Vec::new(),
        }
    }

    pub fn add(&mut self, path: impl Into<String>, msg: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            path: path.into(),
            msg: msg.into(),
        });
    }

    /// What an action would refuse, each by its path.
    pub fn add_all(&mut self, refused: &Error) {
        for error in refused.errors() {
            self.add(error.path.as_str(), error.msg.as_str());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    pub fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}
