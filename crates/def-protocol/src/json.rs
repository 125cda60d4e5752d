//! Streams values as JSON into any [`core::fmt::Write`], such as a [`crate::FrameWriter`], without memory of its own.
//!
//! The text is what `serde_json::to_string` writes, for what replies are made of: structs, optional values, lists,
//! strings, integers, booleans. Binary floating point is refused: a fiscal value has an exact form. [`Number`] writes
//! a decimal as a JSON number.

use core::fmt::{self, Display, Write};

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};

/// Writes a value.
pub fn write<T: Serialize + ?Sized>(value: &T, out: &mut impl Write) -> Result<(), JsonFault> {
    value.serialize(&mut Json { out, bare: false })
}

/// A decimal that is written as a JSON number, as its Display shows it: digits, at most one point, maybe a minus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<T>(pub T);

impl<T> Number<T> {
    const NAME: &'static str = "$def_protocol::Number";
}

impl<T: Display> Serialize for Number<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Digits<'a, T>(&'a T);

        impl<T: Display> Serialize for Digits<'_, T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self.0)
            }
        }

        serializer.serialize_newtype_struct(Self::NAME, &Digits(&self.0))
    }
}

/// Why a value could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// The value has a part that no reply has, or whoever made it gave up.
    #[error(
        "the value has a part that no reply has, or could not be completed: report this as a fault of the program"
    )]
    Value,
    /// The output ended.
    #[error("the output takes no more: give it more room")]
    Output,
}

impl From<fmt::Error> for JsonFault {
    fn from(_: fmt::Error) -> Self {
        Self::Output
    }
}

impl ser::Error for JsonFault {
    fn custom<T: Display>(_: T) -> Self {
        Self::Value
    }
}

/// The output is no parameter of the type, so that a device has one copy of all this.
struct Json<'o> {
    out: &'o mut dyn Write,
    /// The next text is the digits of a number.
    bare: bool,
}

/// Puts the separators of a list or an object.
struct Parts<'j, 'o> {
    json: &'j mut Json<'o>,
    first: bool,
    close: char,
}

impl<'j, 'o> Parts<'j, 'o> {
    fn open(json: &'j mut Json<'o>, open: char, close: char) -> Result<Self, JsonFault> {
        json.out.write_char(open)?;
        Ok(Self { json, first: true, close })
    }

    fn separate(&mut self) -> Result<(), JsonFault> {
        if !self.first {
            self.json.out.write_char(',')?;
        }
        self.first = false;
        Ok(())
    }

    fn key(&mut self, key: &str) -> Result<(), JsonFault> {
        self.separate()?;
        self.json.text(&key)?;
        Ok(self.json.out.write_char(':')?)
    }

    fn close(self) -> Result<(), JsonFault> {
        Ok(self.json.out.write_char(self.close)?)
    }
}

impl Json<'_> {
    fn bare(&mut self, value: &dyn Display) -> Result<(), JsonFault> {
        Ok(write!(self.out, "{value}")?)
    }

    fn text(&mut self, value: &dyn Display) -> Result<(), JsonFault> {
        if core::mem::take(&mut self.bare) {
            return self.bare(value);
        }
        self.out.write_char('"')?;
        write!(Escaped(self.out), "{value}")?;
        Ok(self.out.write_char('"')?)
    }
}

impl ser::SerializeSeq for Parts<'_, '_> {
    type Ok = ();
    type Error = JsonFault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), JsonFault> {
        self.separate()?;
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<(), JsonFault> {
        self.close()
    }
}

impl ser::SerializeStruct for Parts<'_, '_> {
    type Ok = ();
    type Error = JsonFault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), JsonFault> {
        self.key(key)?;
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<(), JsonFault> {
        self.close()
    }
}

/// Escapes what a JSON string may not have in it as it is.
struct Escaped<'o>(&'o mut dyn Write);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| matches!(byte, 0..=0x1F | b'"' | b'\\')) {
            self.0.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'"' => self.0.write_str("\\\""),
                b'\\' => self.0.write_str("\\\\"),
                b'\n' => self.0.write_str("\\n"),
                b'\r' => self.0.write_str("\\r"),
                b'\t' => self.0.write_str("\\t"),
                0x08 => self.0.write_str("\\b"),
                0x0C => self.0.write_str("\\f"),
                control => write!(self.0, "\\u{control:04x}"),
            }?;
            rest = &rest[at + 1..];
        }
        self.0.write_str(rest)
    }
}

macro_rules! plain {
    ($($method:ident $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), JsonFault> {
            self.bare(&value)
        }
    )*};
}

macro_rules! refused {
    ($($method:ident ( $($argument:ty),* ) $answer:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$answer, JsonFault> {
            Err(JsonFault::Value)
        }
    )*};
}

impl<'j, 'o> Serializer for &'j mut Json<'o> {
    type Ok = ();
    type Error = JsonFault;
    type SerializeSeq = Parts<'j, 'o>;
    type SerializeStruct = Parts<'j, 'o>;
    type SerializeTuple = Impossible<(), JsonFault>;
    type SerializeTupleStruct = Impossible<(), JsonFault>;
    type SerializeTupleVariant = Impossible<(), JsonFault>;
    type SerializeMap = Impossible<(), JsonFault>;
    type SerializeStructVariant = Impossible<(), JsonFault>;

    plain! {
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64
    }

    refused! {
        serialize_f32(f32) ();
        serialize_f64(f64) ();
        serialize_char(char) ();
        serialize_bytes(&[u8]) ();
        serialize_unit_struct(&'static str) ();
        serialize_tuple(usize) Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) Self::SerializeTupleVariant;
        serialize_map(Option<usize>) Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) Self::SerializeStructVariant;
    }

    fn serialize_str(self, value: &str) -> Result<(), JsonFault> {
        self.text(&value)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), JsonFault> {
        self.text(&value)
    }

    fn serialize_none(self) -> Result<(), JsonFault> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), JsonFault> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), JsonFault> {
        Ok(self.out.write_str("null")?)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), JsonFault> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), JsonFault> {
        if name == Number::<()>::NAME {
            self.bare = true;
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), JsonFault> {
        Err(JsonFault::Value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'j, 'o>, JsonFault> {
        Parts::open(self, '[', ']')
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'j, 'o>, JsonFault> {
        Parts::open(self, '{', '}')
    }
}
