//! Scanners that type, whose keyboard this program takes for itself: no layout, no input method, no CapsLock and no other
//! window comes in between. Linux alone has it; elsewhere the window puts together what is typed into it.

#[cfg(any(target_os = "linux", test))]
mod keys;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::{Keyboard, list};
#[cfg(target_os = "linux")]
pub(crate) use linux::{Keyboard, list};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use crate::device::Plug;
    use crate::framing::Piece;
    use crate::lines::Reader;

    pub(crate) enum Keyboard {}

    impl Keyboard {
        pub(crate) fn open(_: &Plug) -> Result<(Keyboard, String), String> {
            Err("this system lets no program take a keyboard for itself; leave keyboard: out and scan into the window"
                .to_owned())
        }
    }

    impl Reader for Keyboard {
        fn read(&mut self) -> Result<Vec<Piece>, String> {
            match *self {}
        }
    }

    pub(crate) fn list() -> Result<Vec<(Plug, String)>, String> {
        Ok(Vec::new())
    }
}
