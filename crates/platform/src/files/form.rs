//! Reads an upload's form piece by piece: counted, hashed and stored as it arrives, never whole in memory.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;
use sha2::{Digest, Sha256};

use super::naming::{HEAD, clean_name, content_type};
use super::storage::Upload;
use crate::error::{Problem, Result};

/// Bytes of one file.
pub const FILE_LIMIT: usize = 25 * 1024 * 1024;
/// What the form may hold around the file: boundaries and headers.
pub const FORM_LIMIT: usize = FILE_LIMIT + 64 * 1024;

/// What was read, all but finished in the storage.
pub struct Received {
    pub name: String,
    pub content_type: &'static str,
    pub size: i64,
    pub sha256: [u8; 32],
    pub upload: Upload,
}

/// # Errors
/// 422 for a form that is not one file in the field `file`; 413, 400 for one that is too large or broken; the
/// storage's. Whatever was stored is given up with `upload`.
pub async fn receive(mut form: Multipart, mut upload: Upload) -> Result<Received> {
    let missing = || Problem::field("file", "required", "is required: send the file in the form's field of that name");
    let mut field = form.next_field().await.map_err(of_form)?.ok_or_else(missing)?;
    if field.name() != Some("file") {
        return Err(unknown_field(field.name()).into());
    }
    let name = clean_name(field.file_name().unwrap_or_default());
    let claimed = field.content_type().map(str::to_owned);
    let (mut head, mut size, mut hash) = (Vec::with_capacity(HEAD), 0, Sha256::new());
    while let Some(piece) = field.chunk().await.map_err(of_form)? {
        size += piece.len();
        if size > FILE_LIMIT {
            return Err(too_large().into());
        }
        let more = piece.len().min(HEAD - head.len());
        head.extend_from_slice(&piece[..more]);
        hash.update(&piece);
        upload.write(&piece).await.map_err(super::unavailable)?;
    }
    drop(field);
    if size == 0 {
        return Err(Problem::field("file", "required", "is empty").into());
    }
    if let Some(another) = form.next_field().await.map_err(of_form)? {
        return Err(match another.name() {
            Some("file") => Problem::field("file", "invalid", "may be sent once only"),
            other => unknown_field(other),
        }
        .into());
    }
    let content_type = content_type(&head, claimed.as_deref());
    Ok(Received { name, content_type, size: i64::try_from(size).unwrap_or(i64::MAX), sha256: hash.finalize().into(), upload })
}

fn unknown_field(name: Option<&str>) -> Problem {
    let shown: String = name.unwrap_or_default().chars().filter(|c| !c.is_control()).take(60).collect();
    Problem::field(
        if shown.is_empty() { "form" } else { &shown },
        "unknown_field",
        "is not a field of this form, which holds one file in the field file",
    )
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", format!("A file may have at most {} MiB.", FILE_LIMIT / 1024 / 1024))
}

fn of_form(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        StatusCode::BAD_REQUEST => Problem::malformed("The form is not valid multipart/form-data."),
        _ => Problem::malformed("The form could not be read whole."),
    }
}
