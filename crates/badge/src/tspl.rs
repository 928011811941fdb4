//! TSPL, the language of TSC's label printers and of most that are sold in China.

use crate::Bits;

/// The label that is in the printer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// Across the paper's way, in millimetres.
    pub width_mm: f32,
    /// Along the paper's way, in millimetres.
    pub height_mm: f32,
    /// What lies between two labels, in millimetres; 0 on a roll without labels.
    pub gap_mm: f32,
}

/// Returns one label: what is sent to port 9100 or into a raw queue.
///
/// Darkness and speed stay as they are set at the printer.
pub fn tspl(bits: &Bits, label: Label) -> Vec<u8> {
    let Label { width_mm, height_mm, gap_mm } = label;
    let (row_bytes, height) = (bits.row_bytes(), bits.height());
    let head = [
        format!("SIZE {width_mm} mm,{height_mm} mm"),
        format!("GAP {gap_mm} mm,0 mm"),
        "DIRECTION 0".to_owned(),
        "REFERENCE 0,0".to_owned(),
        "CLS".to_owned(),
    ];
    let mut out = head.join("\r\n").into_bytes();
    out.extend(format!("\r\nBITMAP 0,0,{row_bytes},{height},0,").bytes());
    // Here 1 is white, and so is the padding.
    out.extend(bits.rows().flatten().map(|byte| !byte));
    out.extend(b"\r\nPRINT 1,1\r\n");
    out
}
