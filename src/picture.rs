//! Looks at a file's own bytes: its type whatever anybody declared, an image's size, and a small preview of it.

use std::{io::Cursor, sync::Arc};

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

/// The longer side of a preview, in pixels.
const PREVIEW: u32 = 640;
/// Pixels beyond which an image is not decoded.
const LARGEST_SIDE: u32 = 16_000;
/// Bytes that decoding may take.
const DECODE_BYTES: u64 = 256 << 20;
/// Images decoded side by side.
const AT_ONCE: usize = 2;

static SLOTS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What a file is.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// By its first bytes; `None` if they tell nothing.
    pub mime: Option<&'static str>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// WebP.
    pub preview: Option<Bytes>,
}

/// The type that a file's first bytes tell.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    infer::get(bytes).map(|kind| kind.mime_type())
}

/// Decodes on a thread of its own, two at a time. A file that is no image, or a broken or absurd one, has no size and no
/// preview.
pub async fn examine(bytes: Arc<[u8]>) -> Picture {
    let mime = sniff(&bytes);
    if !mime.is_some_and(|mime| mime.starts_with("image/")) {
        return Picture { mime, ..Picture::default() };
    }
    // The semaphore is never closed.
    let _slot = SLOTS.acquire().await;
    let decoded = tokio::task::spawn_blocking(move || decode(&bytes)).await.ok().flatten();
    decoded.map_or(Picture { mime, ..Picture::default() }, |image| Picture {
        mime,
        width: Some(image.width()),
        height: Some(image.height()),
        preview: preview(&image),
    })
}

fn decode(bytes: &[u8]) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    limits.max_alloc = Some(DECODE_BYTES);
    reader.limits(limits);
    reader.decode().ok()
}

fn preview(image: &DynamicImage) -> Option<Bytes> {
    let small = if image.width().max(image.height()) > PREVIEW {
        image.thumbnail(PREVIEW, PREVIEW)
    } else {
        image.clone()
    };
    let mut encoded = Cursor::new(Vec::new());
    small.to_rgba8().write_to(&mut encoded, ImageFormat::WebP).ok()?;
    Some(encoded.into_inner().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_image_has_a_size_and_a_small_preview() {
        let mut png = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(1600, 800).write_to(&mut png, ImageFormat::Png).unwrap();
        let picture = examine(png.into_inner().into()).await;
        assert_eq!((picture.mime, picture.width, picture.height), (Some("image/png"), Some(1600), Some(800)));
        let small = image::load_from_memory(&picture.preview.unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (640, 320));
    }

    #[tokio::test]
    async fn what_is_no_image_has_neither() {
        for bytes in [&b""[..], b"%PDF-1.7 \n", b"\x89PNG\r\n\x1a\nbroken", b"plain"] {
            let picture = examine(bytes.into()).await;
            assert!(picture.width.is_none() && picture.preview.is_none());
        }
    }
}
