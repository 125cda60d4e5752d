//! Parts of a reply that are made while they are sent.

use core::{cell::Cell, fmt::Display};

use serde::{Serialize, Serializer, ser};

/// A list whose elements are made while it is written, so that no more than one is in memory. It can be written once;
/// a second time it is an error.
pub struct Streamed<S>(Cell<Option<S>>);

impl<S: Stream> Streamed<S> {
    /// A list that a [`Stream`] makes.
    pub const fn new(stream: S) -> Self {
        Self(Cell::new(Some(stream)))
    }
}

impl<I: IntoIterator<Item: Serialize>> Streamed<Each<I>> {
    /// A list of what an iterator gives.
    pub const fn each(elements: I) -> Self {
        Self::new(Each(elements))
    }
}

impl<S: Stream> Serialize for Streamed<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let stream = self.0.take().ok_or_else(|| ser::Error::custom("a streamed list is written once"))?;
        let mut list = serializer.serialize_seq(None)?;
        stream.stream(&mut Elements(&mut list))?;
        ser::SerializeSeq::end(list)
    }
}

/// Makes the elements of a list.
pub trait Stream {
    /// Puts every element into the list. What [`List::push`] says is handed on; when an element cannot be made,
    /// [`List::fail`] gives the error to return, and the frame is abandoned.
    fn stream<L: List>(self, list: &mut L) -> Result<(), L::Error>;
}

/// What a [`Stream`] fills.
pub trait List {
    /// Why an element could not be written.
    type Error;

    /// Writes an element.
    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Self::Error>;

    /// An error of the maker's own.
    fn fail(&self) -> Self::Error;
}

struct Elements<'l, Q>(&'l mut Q);

impl<Q: ser::SerializeSeq> List for Elements<'_, Q> {
    type Error = Q::Error;

    fn push<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), Q::Error> {
        self.0.serialize_element(element)
    }

    fn fail(&self) -> Q::Error {
        ser::Error::custom("an element of the list could not be made")
    }
}

/// The elements of an iterator.
pub struct Each<I>(I);

impl<I: IntoIterator<Item: Serialize>> Stream for Each<I> {
    fn stream<L: List>(self, list: &mut L) -> Result<(), L::Error> {
        self.0.into_iter().try_for_each(|element| list.push(&element))
    }
}

/// A text that is made while it is written: anything with Display.
#[derive(Clone, Copy, Debug)]
pub struct Displayed<T>(pub T);

impl<T: Display> Serialize for Displayed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
