//! QR codes, for payers whose channel shows pictures.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules round the code, as the standard wants them.
const QUIET: usize = 4;
/// Pixels of a module: Pix codes have about 60 modules a side, so the picture has 400 to 600 pixels.
const SCALE: usize = 8;

/// Why there is no picture of a text.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// More than about 2,300 bytes.
    #[error("the text is too long for a QR code")]
    TooLong,
    #[error("the picture could not be written: {0}")]
    Png(#[from] png::EncodingError),
}

/// A PNG, black on white, that scanners read as `text`.
pub fn png(text: &str) -> Result<Vec<u8>, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| QrError::TooLong)?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * SCALE;
    let bytes = side.div_ceil(8);
    // One bit a pixel, 1 is white.
    let mut pixels = vec![0xff_u8; bytes * side];
    for (y, line) in pixels.chunks_exact_mut(bytes).enumerate() {
        let Some(row) = (y / SCALE).checked_sub(QUIET).filter(|row| *row < modules) else { continue };
        for column in (0..modules).filter(|column| code[(*column, row)] == Color::Dark) {
            for x in (column + QUIET) * SCALE..(column + QUIET + 1) * SCALE {
                line[x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }
    let side = u32::try_from(side).map_err(|_| QrError::TooLong)?;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const PIX: &str = "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865406159.905802BR5913ACME6008BRASILIA62070503***63041D3D";

    /// The dark modules of a picture.
    fn dark(picture: &[u8]) -> Vec<Vec<bool>> {
        let mut reader = png::Decoder::new(Cursor::new(picture)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let side = usize::try_from(info.width).unwrap();
        let dark = |x: usize, y: usize| pixels[y * info.line_size + x / 8] & (0x80 >> (x % 8)) == 0;
        let middle = |at: usize| at * SCALE + SCALE / 2;
        (0..side / SCALE).map(|y| (0..side / SCALE).map(|x| dark(middle(x), middle(y))).collect()).collect()
    }

    #[test]
    fn a_picture_has_the_codes_modules_and_a_quiet_border() {
        let code = QrCode::with_error_correction_level(PIX, EcLevel::M).unwrap();
        let seen = dark(&png(PIX).unwrap());
        assert_eq!(seen.len(), code.width() + 2 * QUIET);
        for (y, row) in seen.iter().enumerate() {
            for (x, dark) in row.iter().enumerate() {
                let inside = |at: usize| at.checked_sub(QUIET).filter(|at| *at < code.width());
                let wanted = inside(x).zip(inside(y)).is_some_and(|place| code[place] == Color::Dark);
                assert_eq!(*dark, wanted, "{x} {y}");
            }
        }
    }

    #[test]
    fn any_text_has_a_picture_or_is_too_long() {
        for text in ["", "x", "日本", &"9".repeat(5_596), &"x".repeat(2_331)] {
            assert!(png(text).unwrap().starts_with(b"\x89PNG"), "{}", text.len());
        }
        assert!(matches!(png(&"x".repeat(2_332)), Err(QrError::TooLong)));
    }
}
