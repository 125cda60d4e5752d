//! Why a question could not be answered, in two languages, and what to do.

use fiscal::KeyFault;
use verify::{BundleFault, Language};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The page and this crate do not fit each other.
    Question,
    /// Nothing to verify against.
    NoKey,
    /// A pasted key is none.
    Key(KeyFault),
    /// The key that should have signed the list is none.
    Root(KeyFault),
    /// The list cannot be relied on.
    Bundle(BundleFault),
    /// The picture has no pixels, too many, or not as many as was said.
    Picture,
}

impl Fault {
    /// The sentence.
    pub(crate) fn sentence(self, language: Language) -> String {
        let (french, english) = match self {
            Self::Question => (
                "La question est illisible : rechargez la page, ou demandez-en une version plus récente.",
                "The question cannot be read: load the page again, or ask for a newer one.",
            ),
            Self::NoKey => (
                "Il n'y a pas de clé de confiance : chargez une liste signée de clés, ou collez une clé publique.",
                "There is no trusted key: load a signed list of keys, or paste a public key.",
            ),
            Self::Key(fault) => return key(fault, ("La clé", "The key"), language),
            Self::Root(fault) => return key(fault, ("La clé racine", "The root key"), language),
            Self::Bundle(fault) => return bundle(fault, language),
            Self::Picture => (
                "Cette image est vide ou trop grande : prenez une autre photo.",
                "This picture is empty or too large: take another photo.",
            ),
        };
        pick(language, french, english)
    }
}

fn key(fault: KeyFault, name: (&str, &str), language: Language) -> String {
    let (french, english) = match fault {
        KeyFault::NotPem => (
            "n'est pas une clé publique PEM : donnez le texte entier, de « -----BEGIN PUBLIC KEY----- » à « -----END PUBLIC KEY----- ».",
            "is not a PEM public key: give the whole text, from \"-----BEGIN PUBLIC KEY-----\" to \"-----END PUBLIC KEY-----\".",
        ),
        KeyFault::NotSpki => (
            "n'est pas une clé P-256 : demandez celle qui scelle les factures.",
            "is not a P-256 key: ask for the one that seals invoices.",
        ),
        KeyFault::NotOnCurve => ("est abîmée : demandez-la de nouveau.", "is damaged: ask for it again."),
    };
    format!("{} {}", pick(language, name.0, name.1), pick(language, french, english))
}

fn bundle(fault: BundleFault, language: Language) -> String {
    let (french, english) = match fault {
        BundleFault::Form => (
            "Ce fichier n'est pas une liste signée de clés : demandez-la de nouveau.",
            "This file is not a signed list of keys: ask for it again.",
        ),
        BundleFault::Kind => (
            "Ce fichier est signé, mais ce n'est pas une liste de clés : choisissez le bon fichier.",
            "This file is signed, but is no list of keys: choose the right file.",
        ),
        BundleFault::SignatureFalse => (
            "La clé racine n'a pas signé cette liste de clés : ne l'utilisez pas, et vérifiez d'où vient chacun des deux fichiers.",
            "The root key did not sign this list of keys: do not use it, and check where each of the two files comes from.",
        ),
        BundleFault::Version(version) => {
            let lead = pick(language, "La liste de clés est de la version", "The list of keys is of version");
            let advice = pick(language, "demandez une page plus récente.", "ask for a newer page.");
            return format!("{lead} {version}{} {advice}", pick(language, " :", ":"));
        }
        BundleFault::Twice => (
            "Une clé est deux fois dans la liste : laquelle vaut ? Demandez une liste juste.",
            "A key stands twice in the list: which one holds? Ask for a right list.",
        ),
        BundleFault::Entry => (
            "Une clé de la liste est illisible : demandez la liste de nouveau, ou une page plus récente.",
            "A key in the list cannot be read: ask for the list again, or for a newer page.",
        ),
    };
    pick(language, french, english)
}

fn pick(language: Language, french: &str, english: &str) -> String {
    match language {
        Language::French => french,
        Language::English => english,
    }
    .to_owned()
}
