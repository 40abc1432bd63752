//! Triggers: a condition over a user's state, and an effect.
//!
//! [`evaluate`] is pure: a state goes in, verdicts come out. [`settle`] carries effects out in the call's transaction until
//! nothing changes; [`memory`] is what a registration remembers of them; [`topics`] says which triggers a change concerns,
//! so that a call pays only for those.

pub mod evaluate;
pub mod loops;
pub mod memory;
pub mod selectable;
pub mod settle;
pub mod state;
pub mod topics;
pub mod trace;
