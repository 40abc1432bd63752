//! The person: names, e-mail addresses, passwords, answers and forms, and how one is registered;
//! the three views of one person, and the values by which it is found.

pub mod answers;
pub mod change;
pub mod claims;
pub mod email;
pub mod family;
pub mod forms;
pub mod password;
pub mod person;
pub mod profile;
pub mod register;
pub mod submission;
pub mod username;
pub mod values;
pub mod views;
