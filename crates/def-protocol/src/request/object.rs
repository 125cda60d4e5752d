//! The object after a command: JSON with exactly the command's members, in any order.

use base64ct::{Base64, Encoding};
use fiscal::{Epoch, InvoiceNumber, PublicKey, RecordHash, Signature};

use super::{
    ArticlesAsked, Command, Cursor, DumpAsked, DumpFormat, FirmwareAsked, FirmwarePiece, Initialisation,
    LogKey, Request, SnapshotPeriod, TimeSetting, TokenText,
};
use crate::{
    base64url,
    code::ErrorCode,
    members::{
        self, Given,
        Member::{self, Number, Text},
        Room,
    },
    nonce::Nonce,
    read,
};

type Refusal = (ErrorCode, &'static str);

pub(super) fn read(command: Command, object: &[u8]) -> Result<Request<'_>, Refusal> {
    Ok(match command {
        Command::Prepare if object.is_empty() => {
            return schema("the canonical payload is missing: it follows the command");
        }
        Command::Prepare => Request::Prepare(object),
        Command::Status if object.is_empty() => Request::Status,
        Command::Status => return schema("nothing follows QRY|STATUS"),
        Command::Log => match log_key(object) {
            Some(key) => Request::Log(key),
            None => return schema("QRY|LOG takes a number, like 105, or epoch/number, like 3/105"),
        },
        Command::Commit => Request::Commit(commit(object)?),
        Command::Proof => Request::Proof { challenge: challenge(object)? },
        Command::Closure => {
            let [date] = members(object, [Text("date")], CLOSURE)?;
            Request::Closure(date.parsed().ok_or((ErrorCode::SchemaInvalid, CLOSURE))?)
        }
        Command::Snapshot => Request::Snapshot(snapshot(object)?),
        Command::Articles => Request::Articles(articles(object)?),
        Command::Dump => Request::Dump(dump(object)?),
        Command::Reset => Request::Reset(token(object, "dgi_authorization", RESET)?),
        Command::SetTime => Request::SetTime(time(object)?),
        Command::Initialise => Request::Initialise(initialise(object)?),
        Command::HandOver => Request::HandOver(token(object, "token", TOKEN)?),
        Command::Acknowledge => Request::Acknowledge(token(object, "token", TOKEN)?),
        Command::Manifest => Request::Manifest(token(object, "token", TOKEN)?),
        Command::State => Request::State(token(object, "token", TOKEN)?),
        Command::Firmware => Request::Firmware(firmware(object)?),
    })
}

const CLOSURE: &str = r#"the object is {"date":"2026-02-04"}"#;
const TOKEN: &str = r#"the object is {"token":"..."}, the token as it was issued"#;
const RESET: &str = r#"the object is {"dgi_authorization":"..."}, the authority's token as it was issued"#;

fn log_key(text: &[u8]) -> Option<LogKey> {
    let text = core::str::from_utf8(text).ok()?;
    let (epoch, number) = match text.split_once('/') {
        Some((epoch, number)) => (Some(epoch), number),
        None => (None, text),
    };
    let epoch = match epoch {
        Some(epoch) => Some(Epoch(u32::try_from(read::plain_integer(epoch)?).ok()?)),
        None => None,
    };
    Some(LogKey { epoch, number: InvoiceNumber::new(read::plain_integer(number)?)? })
}

fn commit(object: &[u8]) -> Result<Nonce, Refusal> {
    const FORM: &str = r#"the object is {"nonce":"..."}"#;
    let [nonce] = members(object, [Text("nonce")], FORM)?;
    let mut room = Room::new();
    let nonce = nonce.text(&mut room).ok_or((ErrorCode::SchemaInvalid, FORM))?;
    nonce.parse().map_err(|_| (ErrorCode::InvalidNonce, "a nonce has 32 hexadecimal digits: send PREPARE's"))
}

fn challenge(object: &[u8]) -> Result<[u8; 32], Refusal> {
    const FORM: &str =
        r#"the object is {"challenge":"..."}, 64 hexadecimal digits that were drawn for this request"#;
    let [challenge] = members(object, [Text("challenge")], FORM)?;
    hash(challenge).map(|RecordHash(bytes)| bytes).ok_or((ErrorCode::SchemaInvalid, FORM))
}

fn snapshot(object: &[u8]) -> Result<SnapshotPeriod, Refusal> {
    const FORM: &str = r#"the object is {"period":"session"} or {"period":"day"}"#;
    let [period] = members(object, [Text("period")], FORM)?;
    match period.text(&mut Room::new()) {
        Some("session") => Ok(SnapshotPeriod::Session),
        Some("day") => Ok(SnapshotPeriod::Day),
        _ => schema(FORM),
    }
}

fn articles(object: &[u8]) -> Result<ArticlesAsked<'_>, Refusal> {
    const FORM: &str = r#"the object is {"since":"2026-02-01","until":"2026-02-04"}, and "after" with the "next" of the answer before"#;
    let [since, until, after] = members(object, [Text("since"), Text("until"), Text("after")], FORM)?;
    let (Some(since), Some(until), Some(after)) =
        (since.parsed(), until.parsed(), after.optional(|after| Cursor::new(after.plain()?)))
    else {
        return schema(FORM);
    };
    if until < since {
        return schema("until is before since");
    }
    Ok(ArticlesAsked { since, until, after })
}

fn dump(object: &[u8]) -> Result<DumpAsked, Refusal> {
    const FORM: &str = r#"the object is {"format":"json","after":0} or {"format":"digest","after":0}"#;
    let [format, after] = members(object, [Text("format"), Number("after")], FORM)?;
    let format = match format.text(&mut Room::new()) {
        Some("json") => DumpFormat::Json,
        Some("digest") => DumpFormat::Digest,
        _ => return schema(FORM),
    };
    let after = match after {
        Given::Nothing => 0,
        Given::Number(after) if after <= read::MAX_INTEGER => after,
        _ => return schema(FORM),
    };
    Ok(DumpAsked { format, after })
}

fn time(object: &[u8]) -> Result<TimeSetting, Refusal> {
    const FORM: &str = r#"the object is {"timestamp":"2026-02-04T10:00:00","signature":"..."}, and "newest" with 64 hexadecimal digits to set the clock back"#;
    let [timestamp, signature, newest] =
        members(object, [Text("timestamp"), Text("signature"), Text("newest")], FORM)?;
    let (Some(timestamp), Some(signature), Some(newest)) =
        (timestamp.parsed(), raw_signature(signature), newest.optional(hash))
    else {
        return schema(FORM);
    };
    let signature = Signature::from_bytes(signature).map_err(|_| {
        (ErrorCode::Unauthorized, "the signature is not r and s, 32 bytes each, s at most n/2")
    })?;
    Ok(TimeSetting { timestamp, signature, newest })
}

fn initialise(object: &[u8]) -> Result<Initialisation<'_>, Refusal> {
    const FORM: &str =
        r#"the object is {"activation_code":"...","public_key":"..."}, the key in PEM or base64 of its DER"#;
    let [activation_code, key] = members(object, [Text("activation_code"), Text("public_key")], FORM)?;
    match (activation_code.plain().and_then(TokenText::new), public_key(key)) {
        (Some(activation_code), Some(public_key)) => Ok(Initialisation { activation_code, public_key }),
        _ => schema(FORM),
    }
}

fn firmware(object: &[u8]) -> Result<FirmwareAsked<'_>, Refusal> {
    const FORM: &str = r#"the object is {"token":"..."}, or {"offset":0,"data":"..."} with 4096 bytes in base64url, fewer at the end"#;
    use Given::{Nothing, Null};
    let asked = match members(object, [Text("token"), Number("offset"), Text("data")], FORM)? {
        [token, Nothing | Null, Nothing | Null] => {
            token.plain().and_then(TokenText::new).map(FirmwareAsked::Order)
        }
        [Nothing | Null, Given::Number(offset), data] => u32::try_from(offset)
            .ok()
            .and_then(|offset| FirmwarePiece::new(offset, data.plain()?))
            .map(FirmwareAsked::Piece),
        _ => None,
    };
    asked.ok_or((ErrorCode::SchemaInvalid, FORM))
}

fn token<'a>(object: &'a [u8], name: &'static str, form: &'static str) -> Result<TokenText<'a>, Refusal> {
    let [token] = members(object, [Text(name)], form)?;
    token.plain().and_then(TokenText::new).ok_or((ErrorCode::SchemaInvalid, form))
}

fn members<'a, const N: usize>(
    object: &'a [u8],
    wanted: [Member; N],
    form: &'static str,
) -> Result<[Given<'a>; N], Refusal> {
    members::members(object, wanted).ok_or((ErrorCode::SchemaInvalid, form))
}

fn schema<T>(detail: &'static str) -> Result<T, Refusal> {
    Err((ErrorCode::SchemaInvalid, detail))
}

fn hash(text: Given<'_>) -> Option<RecordHash> {
    read::hex(text.text(&mut Room::new())?.as_bytes()).map(RecordHash)
}

fn raw_signature(text: Given<'_>) -> Option<[u8; Signature::LENGTH]> {
    let mut bytes = [0; Signature::LENGTH];
    let length = base64url::decode(text.text(&mut Room::new())?.as_bytes(), &mut bytes)?.len();
    (length == bytes.len()).then_some(bytes)
}

fn public_key(text: Given<'_>) -> Option<PublicKey> {
    let mut room = Room::new();
    let text = text.text(&mut room)?;
    if text.starts_with("-----") {
        return PublicKey::from_pem(text).ok();
    }
    let mut der = [0; PublicKey::SPKI_LENGTH + 2];
    PublicKey::from_spki(Base64::decode(text, &mut der).ok()?).ok()
}
