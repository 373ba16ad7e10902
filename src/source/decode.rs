//! Bytes on disk to text.
//!
//! Windows PowerShell writes UTF-16 with a byte order mark, many editors UTF-8 with one (semantics of the
//! exports: Microsoft documentation "about_Character_Encoding"). Without a mark the text must be UTF-8.

use encoding_rs::{Encoding as Codec, UTF_8, UTF_16BE, UTF_16LE};

/// How a file was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8 without byte order mark.
    Utf8,
    /// UTF-8 with byte order mark.
    Utf8Bom,
    /// UTF-16, little endian, with byte order mark.
    Utf16Le,
    /// UTF-16, big endian, with byte order mark.
    Utf16Be,
}

/// Why bytes are not text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What the bytes were taken for.
    pub encoding: Encoding,
    /// Everything before the first byte that does not fit, for the place of the finding.
    pub valid: String,
    /// The bytes from there on.
    pub rest: Vec<u8>,
}

/// Decodes a file, by its byte order mark or else as UTF-8.
///
/// # Errors
/// When the bytes do not fit the encoding; [`DecodeError::valid`] ends where they stop fitting.
pub fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), DecodeError> {
    match Codec::for_bom(&bytes) {
        Some((codec, mark)) if codec == UTF_8 => {
            let text = bytes.get(mark..).unwrap_or_default().to_vec();
            utf8(text, Encoding::Utf8Bom)
        }
        Some((codec, mark)) if codec == UTF_16LE => utf16(UTF_16LE, bytes.get(mark..), Encoding::Utf16Le),
        Some((codec, mark)) if codec == UTF_16BE => utf16(UTF_16BE, bytes.get(mark..), Encoding::Utf16Be),
        _ => utf8(bytes, Encoding::Utf8),
    }
}

fn utf8(bytes: Vec<u8>, encoding: Encoding) -> Result<(String, Encoding), DecodeError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, encoding)),
        Err(error) => {
            let end = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            let rest = bytes.split_off(end);
            Err(DecodeError { encoding, valid: String::from_utf8(bytes).unwrap_or_default(), rest })
        }
    }
}

fn utf16(
    codec: &'static Codec,
    bytes: Option<&[u8]>,
    encoding: Encoding,
) -> Result<(String, Encoding), DecodeError> {
    let bytes = bytes.unwrap_or_default();
    let (text, bad) = codec.decode_without_bom_handling(bytes);
    if !bad {
        return Ok((text.into_owned(), encoding));
    }
    let valid = text.split('\u{fffd}').next().unwrap_or_default().to_owned();
    Err(DecodeError { encoding, valid, rest: Vec::new() })
}

/// The bytes of a text in an encoding, with the mark it has there.
#[must_use]
pub fn encode(text: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Utf8 => text.as_bytes().to_vec(),
        Encoding::Utf8Bom => ["\u{feff}".as_bytes(), text.as_bytes()].concat(),
        Encoding::Utf16Le => units(text).flat_map(u16::to_le_bytes).collect(),
        Encoding::Utf16Be => units(text).flat_map(u16::to_be_bytes).collect(),
    }
}

/// A text with its mark in UTF-16.
fn units(text: &str) -> impl Iterator<Item = u16> {
    std::iter::once(0xfeff).chain(text.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, big: bool) -> Vec<u8> {
        let mut bytes = if big { vec![0xfe, 0xff] } else { vec![0xff, 0xfe] };
        for unit in text.encode_utf16() {
            bytes.extend(if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        }
        bytes
    }

    #[test]
    fn reads_every_encoding_with_a_mark() {
        let text = "{\"displayName\": \"Zürich\"}";
        let mut with_mark = vec![0xef, 0xbb, 0xbf];
        with_mark.extend(text.as_bytes());
        assert_eq!(decode(text.into()), Ok((text.into(), Encoding::Utf8)));
        assert_eq!(decode(with_mark), Ok((text.into(), Encoding::Utf8Bom)));
        assert_eq!(decode(utf16_bytes(text, false)), Ok((text.into(), Encoding::Utf16Le)));
        assert_eq!(decode(utf16_bytes(text, true)), Ok((text.into(), Encoding::Utf16Be)));
    }

    #[test]
    fn what_was_read_is_written_as_it_was() {
        for big in [false, true] {
            let bytes = utf16_bytes("[\"Zürich\"]\r\n", big);
            let (text, encoding) = decode(bytes.clone()).unwrap();
            assert_eq!(encode(&text, encoding), bytes);
        }
        for bytes in [b"[1]\n".to_vec(), b"\xef\xbb\xbf[1]".to_vec()] {
            let (text, encoding) = decode(bytes.clone()).unwrap();
            assert_eq!(encode(&text, encoding), bytes);
        }
    }

    #[test]
    fn says_where_text_stops() {
        let error = decode(b"{\"a\": \"\xff\"}".to_vec()).unwrap_err();
        assert_eq!(error.valid, "{\"a\": \"");
        let mut odd = utf16_bytes("{}", false);
        odd.push(b'x');
        assert_eq!(decode(odd).unwrap_err().encoding, Encoding::Utf16Le);
    }
}
