//! Bad input of every kind, thrown at the real programs: what a scanner may type, what a file may
//! hold, what a name may be.
//!
//! The numbers in the names of the stories are the cases of `docs/bad-input.md`, which tells for
//! each what a person sees. There is no camera yet: where a case is about the picture of a code, the
//! boundary is what a scanner makes of it, which is bytes on a line for `yingbin-desk run` and keys
//! for the window.

mod counter;
mod lists;
mod names;
mod passes;
mod scanner;
mod told;
mod window;
