//! How a file is packed, by its first bytes, and the bytes that it stands for.

use std::io::{self, BufRead as _, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::budget::{Budget, Packed, Unpacked};

/// Bytes that tell how a file is packed: the header of a tar.
pub(super) const HEAD: usize = 512;
/// Most memory that unpacking an xz stream may take, in KiB: that of `xz -9` is 65 MiB.
const XZ_MEMORY: u32 = 256 * 1024;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    /// Not at all.
    Plain,
    /// One stream.
    Gzip,
    /// One stream.
    Zstd,
    /// One stream.
    Xz,
    /// One stream, which no kept crate in Rust alone unpacks.
    Bzip2,
    /// An archive.
    Tar,
    /// An archive.
    Zip,
}

impl Packing {
    /// By magic numbers: RFC 1952, RFC 8878, the xz file format 1.2, APPNOTE.TXT 6.3 of zip,
    /// and the checksum of a tar header (POSIX.1-1988), which old ones have too.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            // A skippable frame stands before the first one.
            [first, 0x2a, 0x4d, 0x18, ..] if first & 0xf0 == 0x50 => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Self::Bzip2,
            // The second one is that of a zip without entries.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            head if is_tar(head) => Self::Tar,
            _ => Self::Plain,
        }
    }

    /// Whether it holds several files.
    pub(super) fn is_archive(self) -> bool {
        matches!(self, Self::Tar | Self::Zip)
    }
}

/// Whether the checksum of a tar header is right: the sum of its bytes, with spaces for the
/// checksum itself.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..HEAD) else { return false };
    let field = String::from_utf8_lossy(&header[148..156]);
    let wanted = u32::from_str_radix(field.trim_matches([' ', '\0']), 8).ok();
    let sum = |of: fn(u8) -> i64| -> i64 {
        header.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { of(*byte) }).sum()
    };
    // Some old writers added signed bytes.
    let sums = [sum(i64::from), sum(|byte| i64::from(byte.cast_signed()))];
    header[0] != 0 && wanted.is_some_and(|wanted| sums.contains(&i64::from(wanted)))
}

/// Reads the first bytes of a stream.
///
/// # Errors
/// Those of the stream; its end is none.
pub(super) fn head(source: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    source.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The bytes that a packed stream stands for; those of anything else are as they are.
///
/// # Errors
/// Why it cannot be unpacked.
pub(super) fn unpacked<'a>(
    packing: Packing,
    source: Box<dyn Read + 'a>,
    budget: &Budget,
) -> Result<Box<dyn Read + 'a>, String> {
    let source = BufReader::with_capacity(64 * 1024, Packed { inner: source, budget: budget.clone() });
    let inner: Box<dyn Read + 'a> = match packing {
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
        Packing::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(source, true, XZ_MEMORY)),
        Packing::Zstd => Box::new(Frames { source, decoder: FrameDecoder::new(), is_inside: false }),
        Packing::Bzip2 => return Err("it is packed by bzip2, which is not read; unpack it first: bunzip2".to_owned()),
        Packing::Plain | Packing::Tar | Packing::Zip => return Ok(Box::new(source)),
    };
    Ok(Box::new(Unpacked { inner: Sound(inner), budget: budget.clone() }))
}

/// Says in one way what each format says in its own.
struct Sound<R>(R);

impl<R: Read> Read for Sound<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|_| io::Error::other("the packed stream is torn or damaged"))
    }
}

/// The frames of a zstd stream after one another, as several threads write them.
struct Frames<R> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    is_inside: bool,
}

impl<R: Read> Frames<R> {
    /// Goes to the next frame; false where there is none.
    fn next(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.source).take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if !self.is_inside && !self.next()? {
                return Ok(0);
            }
            self.is_inside = true;
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(io::Error::other)?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 {
                return Ok(read);
            }
            let (wanted, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
            if wanted.is_some_and(|wanted| found.is_some_and(|found| found != wanted)) {
                return Err(io::Error::other("its checksum is wrong"));
            }
            self.is_inside = false;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const TEXT: &[u8] = b"apiVersion: v1\n";

    fn read(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        let packing = Packing::of(&bytes);
        let mut read = Vec::new();
        let mut source = unpacked(packing, Box::new(io::Cursor::new(bytes)), &Budget::default())?;
        source.read_to_end(&mut read).map_err(|error| error.to_string())?;
        Ok(read)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn several_streams_after_one_another_are_one() {
        let zstd = zstd::encode_all(TEXT, 0).unwrap();
        let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..], &zstd].concat();
        let twice = [TEXT, TEXT].concat();
        assert_eq!(read(gzip(TEXT).repeat(2)), Ok(twice.clone()));
        assert_eq!(read(zstd.repeat(2)), Ok(twice));
        assert_eq!(read(skipped), Ok(TEXT.to_vec()));
        assert_eq!(read(TEXT.to_vec()), Ok(TEXT.to_vec()));
        assert!(read(zstd[..zstd.len() - 5].to_vec()).is_err());
    }

    #[test]
    fn bombs_end_soon() {
        let zeros = vec![0_u8; 100 * 1024 * 1024];
        for bomb in [gzip(&zeros), zstd::encode_all(zeros.as_slice(), 0).unwrap()] {
            let result = read(bomb).map(|bytes| bytes.len());
            assert!(result.as_ref().is_err_and(|error| error.contains("times its size")), "{result:?}");
        }
    }

    #[test]
    fn no_first_bytes_are_taken_for_what_they_are_not() {
        assert_eq!(Packing::of(b""), Packing::Plain);
        assert_eq!(Packing::of(&[0; HEAD]), Packing::Plain);
        assert_eq!(Packing::of(&[b' '; HEAD]), Packing::Plain);
        assert_eq!(Packing::of(b"PK"), Packing::Plain);
        assert_eq!(Packing::of(b"BZhello"), Packing::Plain);
    }
}
