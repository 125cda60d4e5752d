//! The object after a command: JSON with exactly the command's members, in any order.

use base64ct::{Base64, Encoding};
use fiscal::{CivilDate, Epoch, InvoiceNumber, PublicKey, RecordHash, Signature, Timestamp};
use serde::{Deserialize, Deserializer, de};

use super::{
    ArticlesAsked, Command, Cursor, DumpAsked, DumpFormat, FirmwareAsked, FirmwarePiece, Initialisation,
    LogKey, Request, SnapshotPeriod, TimeSetting, TokenText,
};
use crate::{base64url, code::ErrorCode, nonce::Nonce, read, with};

type Refusal = (ErrorCode, &'static str);

pub(super) fn read(command: Command, object: &[u8]) -> Result<Request<'_>, Refusal> {
    const TOKEN: &str = r#"the object is {"token":"..."}, the token as it was issued"#;
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
        Command::Closure => Request::Closure(closure(object)?),
        Command::Snapshot => Request::Snapshot(snapshot(object)?),
        Command::Articles => Request::Articles(articles(object)?),
        Command::Dump => Request::Dump(dump(object)?),
        Command::Reset => Request::Reset(reset(object)?),
        Command::SetTime => Request::SetTime(time(object)?),
        Command::Initialise => Request::Initialise(initialise(object)?),
        Command::HandOver => Request::HandOver(members::<TokenObject<'_>>(object, TOKEN)?.token),
        Command::Acknowledge => Request::Acknowledge(members::<TokenObject<'_>>(object, TOKEN)?.token),
        Command::Manifest => Request::Manifest(members::<TokenObject<'_>>(object, TOKEN)?.token),
        Command::State => Request::State(members::<TokenObject<'_>>(object, TOKEN)?.token),
        Command::Firmware => Request::Firmware(firmware(object)?),
    })
}

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
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object {
        #[serde(deserialize_with = "with::parsed_or_not")]
        nonce: Option<Nonce>,
    }
    let Object { nonce } = members(object, r#"the object is {"nonce":"..."}"#)?;
    nonce.ok_or((ErrorCode::InvalidNonce, "a nonce has 32 hexadecimal digits: send PREPARE's"))
}

fn closure(object: &[u8]) -> Result<CivilDate, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object {
        #[serde(with = "with::text")]
        date: CivilDate,
    }
    members::<Object>(object, r#"the object is {"date":"2026-02-04"}"#).map(|object| object.date)
}

fn snapshot(object: &[u8]) -> Result<SnapshotPeriod, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object {
        period: SnapshotPeriod,
    }
    let form = r#"the object is {"period":"session"} or {"period":"day"}"#;
    members::<Object>(object, form).map(|object| object.period)
}

fn articles(object: &[u8]) -> Result<ArticlesAsked<'_>, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object<'a> {
        #[serde(with = "with::text")]
        since: CivilDate,
        #[serde(with = "with::text")]
        until: CivilDate,
        #[serde(borrow, default)]
        after: Option<&'a str>,
    }
    const FORM: &str = r#"the object is {"since":"2026-02-01","until":"2026-02-04"}, and "after" with the "next" of the answer before"#;
    let Object { since, until, after } = members(object, FORM)?;
    let after = match after {
        Some(text) => Some(Cursor::new(text).ok_or((ErrorCode::SchemaInvalid, FORM))?),
        None => None,
    };
    if until < since {
        return schema("until is before since");
    }
    Ok(ArticlesAsked { since, until, after })
}

fn dump(object: &[u8]) -> Result<DumpAsked, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object {
        format: DumpFormat,
        #[serde(default)]
        after: u64,
    }
    const FORM: &str = r#"the object is {"format":"json","after":0} or {"format":"digest","after":0}"#;
    let Object { format, after } = members(object, FORM)?;
    if after > read::MAX_INTEGER {
        return schema(FORM);
    }
    Ok(DumpAsked { format, after })
}

fn reset(object: &[u8]) -> Result<TokenText<'_>, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object<'a> {
        #[serde(borrow)]
        dgi_authorization: TokenText<'a>,
    }
    let form = r#"the object is {"dgi_authorization":"..."}, the authority's token as it was issued"#;
    members::<Object<'_>>(object, form).map(|object| object.dgi_authorization)
}

fn time(object: &[u8]) -> Result<TimeSetting, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object {
        #[serde(with = "with::text")]
        timestamp: Timestamp,
        #[serde(deserialize_with = "raw_signature")]
        signature: [u8; Signature::LENGTH],
        #[serde(default, with = "with::form_option")]
        newest: Option<RecordHash>,
    }
    const FORM: &str = r#"the object is {"timestamp":"2026-02-04T10:00:00","signature":"..."}, and "newest" with 64 hexadecimal digits to set the clock back"#;
    let Object { timestamp, signature, newest } = members(object, FORM)?;
    let signature = Signature::from_bytes(signature).map_err(|_| {
        (ErrorCode::Unauthorized, "the signature is not r and s, 32 bytes each, s at most n/2")
    })?;
    Ok(TimeSetting { timestamp, signature, newest })
}

fn initialise(object: &[u8]) -> Result<Initialisation<'_>, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object<'a> {
        #[serde(borrow)]
        activation_code: TokenText<'a>,
        #[serde(deserialize_with = "public_key")]
        public_key: PublicKey,
    }
    const FORM: &str =
        r#"the object is {"activation_code":"...","public_key":"..."}, the key in PEM or base64 of its DER"#;
    let Object { activation_code, public_key } = members(object, FORM)?;
    Ok(Initialisation { activation_code, public_key })
}

fn firmware(object: &[u8]) -> Result<FirmwareAsked<'_>, Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Object<'a> {
        #[serde(borrow, default)]
        token: Option<TokenText<'a>>,
        #[serde(default)]
        offset: Option<u32>,
        #[serde(borrow, default)]
        data: Option<&'a str>,
    }
    const FORM: &str = r#"the object is {"token":"..."}, or {"offset":0,"data":"..."} with 4096 bytes in base64url, fewer at the end"#;
    let asked = match members::<Object<'_>>(object, FORM)? {
        Object { token: Some(token), offset: None, data: None } => Some(FirmwareAsked::Order(token)),
        Object { token: None, offset: Some(offset), data: Some(data) } => {
            FirmwarePiece::new(offset, data).map(FirmwareAsked::Piece)
        }
        _ => None,
    };
    asked.ok_or((ErrorCode::SchemaInvalid, FORM))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenObject<'a> {
    #[serde(borrow)]
    token: TokenText<'a>,
}

/// Reads an object with nothing after it. Strings that need unescaping must fit a small buffer: only a PEM does.
fn members<'a, T: Deserialize<'a>>(object: &'a [u8], form: &'static str) -> Result<T, Refusal> {
    let mut unescaped = [0; 512];
    let mut json = serde_json_core::de::Deserializer::new(object, Some(&mut unescaped));
    let read = T::deserialize(&mut json).and_then(|members| json.end().map(|_| members));
    read.map_err(|_| (ErrorCode::SchemaInvalid, form))
}

fn schema<T>(detail: &'static str) -> Result<T, Refusal> {
    Err((ErrorCode::SchemaInvalid, detail))
}

impl<'de: 'a, 'a> Deserialize<'de> for TokenText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        Self::new(text).ok_or_else(|| de::Error::custom("no token"))
    }
}

fn raw_signature<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; Signature::LENGTH], D::Error> {
    with::string(deserializer, "64 bytes in base64url", |text| {
        let mut bytes = [0; Signature::LENGTH];
        let length = base64url::decode(text.as_bytes(), &mut bytes)?.len();
        (length == bytes.len()).then_some(bytes)
    })
}

fn public_key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PublicKey, D::Error> {
    with::string(deserializer, "a P-256 public key", |text| {
        if text.starts_with("-----") {
            return PublicKey::from_pem(text).ok();
        }
        let mut der = [0; PublicKey::SPKI_LENGTH + 2];
        PublicKey::from_spki(Base64::decode(text, &mut der).ok()?).ok()
    })
}
