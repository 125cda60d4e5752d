use fiscal::{AuthCode, Epoch, FiscalNumber, InvoiceNumber, OutletId, Prefix, Qr};

use crate::problem::{Kind, Problem, words};

/// What a receipt says of itself, and a secret that only who has seen the seal can say.
pub(super) struct Claim {
    pub(super) outlet: Named,
    pub(super) epoch: Epoch,
    pub(super) number: InvoiceNumber,
    pub(super) said: Said,
}

/// How an outlet is named.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named {
    /// In a fiscal number.
    Prefix(Prefix),
    /// In a QR code.
    Id(OutletId),
}

/// What only who has seen the seal can say.
pub(super) enum Said {
    Code(AuthCode),
    Qr(Box<Qr>),
}

/// The longest text that is looked at. A QR code has 460 characters at most.
const LONGEST: usize = 512;

impl Claim {
    /// Of a QR code.
    pub(super) fn of_qr(text: &str) -> Result<Self, Problem> {
        check_length(text, "qr")?;
        let text = text.trim_end_matches(['\r', '\n']);
        // A delegated key's invoices are not sealed here.
        let ours = |qr: &Qr| qr.credential().is_none() && qr.to_text().as_str() == text;
        let qr = Qr::read(text).ok().filter(ours).ok_or_else(unproven)?;
        Ok(Self {
            outlet: Named::Id(qr.header().outlet),
            epoch: qr.header().epoch,
            number: qr.facts().number,
            said: Said::Qr(Box::new(qr)),
        })
    }

    /// Of a fiscal number and a code, which people write in groups, and in small letters.
    pub(super) fn of_number(number: &str, code: &str) -> Result<Self, Problem> {
        check_length(code, "auth_code")?;
        let number: FiscalNumber = number.parse().map_err(|_| unproven())?;
        let code: String = code
            .chars()
            .filter(|character| !matches!(character, ' ' | '-'))
            .map(|character| match character.to_ascii_uppercase() {
                // As Crockford has them read.
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        let code = code.parse().map_err(|_| unproven())?;
        Ok(Self {
            outlet: Named::Prefix(number.prefix),
            epoch: number.epoch,
            number: number.number,
            said: Said::Code(code),
        })
    }
}

fn check_length(text: &str, member: &'static str) -> Result<(), Problem> {
    if text.len() <= LONGEST {
        return Ok(());
    }
    Err(Problem::of_member(
        Kind::RequestInvalid,
        member,
        words(
            format!("{member} a au plus {LONGEST} octets : envoyez ce que dit le reçu, et rien d'autre"),
            format!("{member} has at most {LONGEST} bytes: send what the receipt says, and nothing else"),
        ),
    ))
}

/// The one answer to whatever is not so: it does not say what of it.
pub(super) fn unproven() -> Problem {
    Problem::new(
        Kind::NotFound,
        words(
            "rien de tel n'a été scellé ici : relisez le reçu ; si tout est bien écrit, ne vous y fiez pas",
            "nothing of the kind was sealed here: read the receipt again; if all is written right, do not rely on it",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        for written in ["RDCX0GJFHW3NQEN8", "rdcx 0gjf hw3n qen8", "RDCX-OGJF-HW3N-QEN8"] {
            let claim = Claim::of_number("KINGOMBE01-0-00000042", written).unwrap();
            let Said::Code(code) = claim.said else { panic!("a code") };
            assert_eq!(code.as_str(), "RDCX0GJFHW3NQEN8", "{written}");
        }
    }

    #[test]
    fn only_what_is_too_long_is_told_so() {
        let kind = |claim: Result<Claim, Problem>| claim.err().map(|problem| problem.kind());
        assert_eq!(kind(Claim::of_qr(&"x".repeat(LONGEST))), Some(Kind::NotFound));
        assert_eq!(kind(Claim::of_qr(&"x".repeat(LONGEST + 1))), Some(Kind::RequestInvalid));
        assert_eq!(kind(Claim::of_number("nonsense", "")), Some(Kind::NotFound));
        assert_eq!(kind(Claim::of_number("KINGOMBE01-0-00000042", "U")), Some(Kind::NotFound));
        let long = "0".repeat(LONGEST + 1);
        assert_eq!(kind(Claim::of_number("KINGOMBE01-0-00000042", &long)), Some(Kind::RequestInvalid));
    }
}
