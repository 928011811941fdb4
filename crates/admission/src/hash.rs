//! A SHA-256 that may be absent, on the wire: 32 bytes or null.

use minicbor::decode::Error;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decoder, Encoder};

pub(crate) fn encode<C, W: Write>(
    hash: &Option<[u8; 32]>,
    to: &mut Encoder<W>,
    _: &mut C,
) -> Result<(), EncodeError<W::Error>> {
    match hash {
        Some(hash) => to.bytes(hash)?.ok(),
        None => to.null()?.ok(),
    }
}

pub(crate) fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Result<Option<[u8; 32]>, Error> {
    if from.datatype()? == minicbor::data::Type::Null {
        from.null()?;
        return Ok(None);
    }
    let hash = from.bytes()?;
    <[u8; 32]>::try_from(hash).map(Some).map_err(|_| Error::message("a hash has 32 bytes"))
}
