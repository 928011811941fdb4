//! Photographs of passes that were never taken: phones, paper and badges before a webcam.
//!
//! For tests and the bench. A seed decides everything about a photograph; frames of one burst share the hand and the
//! light and differ in noise, shake and the place of what glares. Sizes are pixels on a module.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::expect_used,
    missing_docs,
    reason = "what goes wrong while a test draws is to stop there"
)]

mod camera;
mod canvas;
mod chance;
mod code;
mod pose;
mod room;
mod scene;
mod things;

pub use chance::Chance;
pub use scene::{Frame, SCENES, Scene, approach};
