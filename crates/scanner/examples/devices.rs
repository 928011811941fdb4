//! Lists the devices of this machine, or tries one: `cargo run -p scanner --example devices -- serial:0c2e:0b61`.
//!
//! What is read is shown as the kiosk would show it: masked.

use std::error::Error;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use scanner::{Device, Listed, list};

fn main() -> Result<(), Box<dyn Error>> {
    let Some(device) = std::env::args().nth(1) else {
        let listing = list();
        for Listed { device, name } in listing.devices {
            println!("{device}\t{name}");
        }
        listing.remarks.iter().for_each(|remark| eprintln!("{remark}."));
        return Ok(());
    };
    let device: Device = device.parse()?;
    let ours = Arc::new(|text: &str| text.starts_with("YB1"));
    let ears = Arc::new(|heard| println!("{heard:?}"));
    let scanner = device.open(decoder::Settings::default(), ours, ears)?;
    loop {
        sleep(Duration::from_secs(1));
        println!("{}", serde_json::to_string(&scanner.state())?);
    }
}
