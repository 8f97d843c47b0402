//! Pictures of Pix codes.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules round the code, and pixels of a module.
const QUIET: usize = 4;
const SCALE: usize = 6;

/// Rows of dark modules, light ones round them included; empty if the text is too long.
fn rows(text: &str) -> Vec<Vec<bool>> {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else { return vec![] };
    let side = code.width() + 2 * QUIET;
    let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < code.width());
    let dark = |x, y| match (inside(x), inside(y)) {
        (Some(x), Some(y)) => code[(x, y)] == Color::Dark,
        _ => false,
    };
    (0..side).map(|y| (0..side).map(|x| dark(x, y)).collect()).collect()
}

/// Black on white.
pub(crate) fn png(text: &str) -> Vec<u8> {
    let rows = rows(text);
    let side = u32::try_from(rows.len() * SCALE).unwrap_or_default();
    let wide = |row: &Vec<bool>| -> Vec<u8> {
        row.iter().flat_map(|dark| std::iter::repeat_n(if *dark { 0 } else { 255 }, SCALE)).collect()
    };
    let pixels: Vec<u8> =
        rows.iter().flat_map(|row| std::iter::repeat_n(wide(row), SCALE)).flatten().collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    // Writing to memory fails only for a picture without pixels, which then stays empty.
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    if written.is_ok() { out } else { vec![] }
}

pub(crate) fn svg(text: &str) -> String {
    let rows = rows(text);
    let side = rows.len();
    let mut path = String::new();
    for (y, row) in rows.iter().enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, dark)| **dark) {
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\"><rect width=\"{side}\" height=\"{side}\" \
         fill=\"#fff\"/><path d=\"{path}\"/></svg>"
    )
}
