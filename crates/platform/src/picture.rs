//! Small pictures of people and companies: read from a form, drawn anew, so that nothing of the file that was sent is kept
//! but what it shows. A camera writes the place into a photo, and a file may be two things at once.

use std::io::Cursor;

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use crate::error::{Error, Problem, Result};

/// Bytes of a picture as it is sent.
pub const PICTURE_LIMIT: usize = 5 * 1024 * 1024;
/// The most that the form around it may add.
pub const FORM_LIMIT: usize = PICTURE_LIMIT + 16 * 1024;
/// Of the sides, and of memory: a small file can unfold to gigabytes.
const SIDE_LIMIT: u32 = 10_000;
const MEMORY_LIMIT: u64 = 160 * 1024 * 1024;
/// Each takes as much memory as the limit.
static DRAWING: Semaphore = Semaphore::const_new(1);

/// A picture as it is stored.
#[derive(Clone, Debug)]
pub struct Picture {
    /// `image/png` where parts of it are transparent, else `image/jpeg`
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// How large it becomes, in pixels; a smaller one stays as it is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Cut to a square of that side.
    Square(u32),
    /// Whole, within that width and height.
    Within(u32, u32),
}

/// The picture in a form's field `file`.
///
/// # Errors
/// 422 for a form that is not one file; 413 for one above the limit.
pub async fn receive(mut form: Multipart) -> Result<Vec<u8>> {
    let missing = || Problem::field("file", "required", "is required: send the picture in the form's field of that name");
    let mut field = form.next_field().await.map_err(of_form)?.ok_or_else(missing)?;
    if field.name() != Some("file") {
        return Err(missing().into());
    }
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(of_form)? {
        if bytes.len() + piece.len() > PICTURE_LIMIT {
            return Err(too_large().into());
        }
        bytes.extend_from_slice(&piece);
    }
    if bytes.is_empty() { Err(missing().into()) } else { Ok(bytes) }
}

/// Draws it anew in that shape, away from the threads that answer.
///
/// # Errors
/// 422 for what is no PNG, JPEG or WebP, or is larger than can be drawn.
pub async fn draw(bytes: Vec<u8>, shape: Shape) -> Result<Picture> {
    let _one = DRAWING.acquire().await.map_err(Error::internal)?;
    tokio::task::spawn_blocking(move || draw_now(bytes, shape)).await.map_err(Error::internal)?
}

fn draw_now(bytes: Vec<u8>, shape: Shape) -> Result<Picture> {
    let not_one = || Problem::field("file", "invalid", "must be a picture: PNG, JPEG or WebP");
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(Error::internal)?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Err(not_one().into());
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height, limits.max_alloc) = (Some(SIDE_LIMIT), Some(SIDE_LIMIT), Some(MEMORY_LIMIT));
    reader.limits(limits);
    let read = |error: image::ImageError| match error {
        image::ImageError::Limits(_) => {
            Problem::field("file", "out_of_range", "has more pixels than can be read here. Make it smaller first")
        }
        _ => not_one(),
    };
    let mut decoder = reader.into_decoder().map_err(read)?;
    let orientation = decoder.orientation().map_err(read)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(read)?;
    image.apply_orientation(orientation);
    let image = match shape {
        Shape::Square(side) => {
            let side = side.min(image.width().min(image.height())).max(1);
            image.resize_to_fill(side, side, FilterType::CatmullRom)
        }
        Shape::Within(width, height) if image.width() > width || image.height() > height => {
            image.resize(width, height, FilterType::CatmullRom)
        }
        Shape::Within(..) => image,
    };
    let mut bytes = Cursor::new(Vec::new());
    let content_type = if image.color().has_alpha() && image.to_rgba8().pixels().any(|pixel| pixel[3] < u8::MAX) {
        DynamicImage::ImageRgba8(image.to_rgba8()).write_to(&mut bytes, ImageFormat::Png).map_err(Error::internal)?;
        "image/png"
    } else {
        image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 85)).map_err(Error::internal)?;
        "image/jpeg"
    };
    Ok(Picture { content_type, bytes: bytes.into_inner() })
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("A picture may have at most {} MiB.", PICTURE_LIMIT / 1024 / 1024),
    )
}

fn of_form(error: MultipartError) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    Problem::malformed("The form is not valid multipart/form-data, or did not arrive whole.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32, alpha: u8) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let image = image::RgbaImage::from_fn(width, height, |x, _| image::Rgba([(x % 256) as u8, 40, 90, alpha]));
        image.write_to(&mut bytes, ImageFormat::Png).expect("drawn");
        bytes.into_inner()
    }

    fn size(picture: &Picture) -> (u32, u32) {
        let image = image::load_from_memory(&picture.bytes).expect("a picture");
        (image.width(), image.height())
    }

    #[test]
    fn a_square_is_cut_and_a_logo_fitted() {
        let avatar = draw_now(png(800, 600, 255), Shape::Square(256)).expect("drawn");
        assert_eq!((avatar.content_type, size(&avatar)), ("image/jpeg", (256, 256)));
        let small = draw_now(png(40, 90, 255), Shape::Square(256)).expect("drawn");
        assert_eq!(size(&small), (40, 40));
        let logo = draw_now(png(1000, 500, 128), Shape::Within(480, 160)).expect("drawn");
        assert_eq!((logo.content_type, size(&logo)), ("image/png", (320, 160)));
    }

    #[test]
    fn what_hangs_on_the_file_is_gone() {
        let mut sent = png(10, 10, 128);
        sent.extend_from_slice(b"<script>alert(1)</script>");
        let drawn = draw_now(sent, Shape::Square(256)).expect("drawn");
        assert!(!drawn.bytes.windows(7).any(|window| window == b"<script"));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for sent in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"GIF89a", b"x", &png(10, 10, 255)[..40]] {
            assert!(matches!(draw_now(sent.to_vec(), Shape::Square(256)), Err(Error::Problem(problem)) if problem.status == 422));
        }
    }

    /// 40,000 pixels square in a few bytes: only the head is read.
    #[test]
    fn a_bomb_is_refused_by_its_head() {
        let mut bomb = png(1, 1, 255);
        bomb[16..24].copy_from_slice(&[0, 0, 0x9c, 0x40, 0, 0, 0x9c, 0x40]);
        let crc = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(matches!(draw_now(bomb, Shape::Square(256)), Err(Error::Problem(problem)) if problem.errors[0].code == "out_of_range"));
    }

    /// CRC-32 as PNG has it.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc: u32, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
        })
    }
}
