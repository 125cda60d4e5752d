//! What invoices come to, counted as they are sealed: the one rule of device and ledger for closures and reports (D12).
//!
//! [`InvoiceTotals`] are the figures of one invoice. [`Counted`] is what a signer keeps along its chain: the
//! [`Session`] since its last closure and the business [`Day`], counted record by record, and [`Closure`] is the body
//! that closes a session. Rows have fixed places in memory, as many as the two numbers of the types say, so a signer
//! asks [`Counted::has_room`] before it seals an invoice; when there is none, a closure makes it. What is not counted
//! along the chain is the articles: [`ArticleKey`] and [`ArticleSums`] are for who reads the invoices again.

mod articles;
mod bytes;
mod closure;
mod counted;
mod currencies;
mod groups;
mod invoice;
mod kind;
mod kinds;
mod nature;
mod session;

pub use articles::{ArticleKey, ArticleSums, UnknownArticle};
pub use closure::{Closure, Due};
pub use counted::Counted;
pub use currencies::CurrencyTotals;
pub use groups::{GroupRow, GroupTotals};
pub use invoice::{InvoiceGroup, InvoiceTotals, cdf_of};
pub use kind::Kind;
pub use kinds::{KindRow, KindTotals};
pub use nature::{Nature, UnknownNature};
pub use session::{Day, Sales, Session};
