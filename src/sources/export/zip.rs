//! The entries of a zip, by the directory at its end; where that is lost, as they come.

use std::io::{Cursor, Read, Seek};
use std::path::Path;

use ::zip::ZipArchive;

use super::budget::Unpacked;
use super::collection::Collection;
use super::content::Content;

const ENCRYPTED: &str = "encrypted; unpack the archive with its password first";

/// Reads the files of a zip.
///
/// # Errors
/// Why it ended early; what came before was read.
pub(super) fn read(
    collection: &mut Collection,
    root: &Path,
    mut source: impl Read + Seek,
    depth: usize,
) -> Result<(), String> {
    let mut archive = match ZipArchive::new(&mut source) {
        Ok(archive) => archive,
        Err(error) => {
            let reason = format!("the archive is torn: {error}");
            source.rewind().map_err(|error| error.to_string())?;
            let bytes = Content::Stream(Box::new(source)).whole().map_err(|error| format!("{reason}; {error}"))?;
            torn(collection, root, &bytes, depth)?;
            return Err(reason);
        }
    };
    for at in 0..archive.len() {
        collection.budget.entry()?;
        let (name, is_encrypted, is_link, is_folder) = match archive.by_index_raw(at) {
            Ok(entry) => {
                let name = entry.name().unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw()));
                (name.into_owned(), entry.encrypted(), entry.is_symlink(), entry.is_dir())
            }
            Err(error) => {
                collection.skip(root, &format!("{error}"));
                continue;
            }
        };
        if is_folder {
            continue;
        }
        if is_encrypted {
            collection.skip(&root.join(&name), ENCRYPTED);
            continue;
        }
        let entry = match archive.by_index(at) {
            Ok(entry) => entry,
            Err(error) => {
                collection.skip(&root.join(&name), &format!("{error}"));
                continue;
            }
        };
        collection.budget.pack(entry.compressed_size());
        let mut inner = Unpacked { inner: entry, budget: collection.budget.clone() };
        if is_link {
            let mut target = String::new();
            // A link whose target cannot be read leads nowhere.
            let _ = inner.by_ref().take(4096).read_to_string(&mut target);
            collection.link(root, &name, &Path::new(&name).parent().unwrap_or(Path::new("")).join(target));
        } else {
            collection.entry(root, &name, Content::Stream(Box::new(inner)), depth);
        }
    }
    Ok(())
}

/// What a local header says (APPNOTE.TXT 6.3, 4.3.7).
struct Local<'a> {
    name: String,
    flags: u16,
    method: u16,
    packed: usize,
    data: &'a [u8],
}

fn local(bytes: &[u8]) -> Option<Local<'_>> {
    let short = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let (names, extra) = (usize::from(short(26)?), usize::from(short(28)?));
    Some(Local {
        name: String::from_utf8_lossy(bytes.get(30..30 + names)?).into_owned(),
        flags: short(6)?,
        method: short(8)?,
        packed: u32::from_le_bytes(bytes.get(18..22)?.try_into().ok()?) as usize,
        data: bytes.get(30 + names + extra..)?,
    })
}

/// Reads the entries of a zip without its directory: a deflated stream knows its own end.
fn torn(collection: &mut Collection, root: &Path, bytes: &[u8], depth: usize) -> Result<(), String> {
    const START: &[u8] = b"PK\x03\x04";
    const ENCRYPTED_FLAG: u16 = 1;
    const LENGTH_FOLLOWS: u16 = 8;
    let mut rest = bytes;
    while let Some(at) = rest.windows(4).position(|window| window == START) {
        rest = &rest[at..];
        collection.budget.entry()?;
        let Some(Local { name, flags, method, packed, data }) = local(rest) else { return Ok(()) };
        rest = data;
        if name.ends_with('/') {
            continue;
        }
        let mut text = Vec::new();
        let read = match method {
            _ if flags & ENCRYPTED_FLAG != 0 => Err(ENCRYPTED.to_owned()),
            8 => {
                let mut decoder = flate2::bufread::DeflateDecoder::new(data);
                let read =
                    Content::Stream(Box::new(Unpacked { inner: &mut decoder, budget: collection.budget.clone() }))
                        .whole();
                collection.budget.pack(decoder.total_in());
                rest = &data[usize::try_from(decoder.total_in()).unwrap_or(0).min(data.len())..];
                read.map(|read| text = read)
            }
            0 if flags & LENGTH_FOLLOWS == 0 && packed <= data.len() => {
                text = data[..packed].to_vec();
                rest = &data[packed..];
                Ok(())
            }
            _ => Err("its end is not known without the archive's directory".to_owned()),
        };
        match read {
            Ok(()) => collection.entry(root, &name, Content::Stream(Box::new(Cursor::new(text))), depth),
            Err(reason) => collection.skip(&root.join(&name), &reason),
        }
    }
    Ok(())
}
