//! The ways of being false, each with a stable code and a sentence in two languages.

use std::fmt;

use fiscal::{CredentialFault, Fault, QrFault, QrField, Reason, RecordFault, SealFault, SignatureFault};

/// A language that people here read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// The default for merchants and inspectors.
    #[default]
    French,
    /// For everyone else.
    English,
}

/// One thing that is false, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub rule: Rule,
    /// Where: a member of a payload, a line of a journal with the record in it, like `#17 (position 17, invoice 0/12)`;
    /// empty where there is but one place. It is the same in all languages.
    pub place: String,
    /// The two figures, where one is stated and another follows from the records.
    pub difference: Option<Difference>,
}

/// A figure that is stated, and the one that it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// As a closure states it.
    pub stated: String,
    /// As its records give it.
    pub counted: String,
}

impl Language {
    /// Of a sentence in both, the one of this language.
    pub(crate) const fn pick<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }
}

impl Finding {
    /// The sentence, with its place before it.
    pub fn sentence(&self, language: Language) -> String {
        let sentence = self.explanation(language);
        if self.place.is_empty() { sentence } else { format!("{}: {sentence}", self.place) }
    }

    /// The sentence, with the figures after it.
    pub(crate) fn explanation(&self, language: Language) -> String {
        let sentence = self.rule.sentence(language);
        let Some(Difference { stated, counted }) = &self.difference else { return sentence };
        match language {
            Language::French => {
                format!("{sentence} (la clôture dit {stated}, ses enregistrements {counted})")
            }
            Language::English => format!("{sentence} (the closure says {stated}, its records {counted})"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence(Language::English))
    }
}

impl From<Rule> for Finding {
    fn from(rule: Rule) -> Self {
        Self { rule, place: String::new(), difference: None }
    }
}

impl From<Fault> for Finding {
    fn from(fault: Fault) -> Self {
        Self { rule: Rule::Payload(fault.reason), place: fault.path.to_string(), difference: None }
    }
}

macro_rules! rules {
    ($($variant:ident $code:literal $french:literal $english:literal;)*) => {
        /// A rule that something false breaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each variant is its sentence")]
        pub enum Rule {
            /// A rule of the canonical payload.
            Payload(Reason),
            /// A field of a QR code that is not in its form.
            QrField(QrField),
            $($variant),*
        }

        impl Rule {
            /// Every rule that is the referee's own.
            pub const OWN: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self {
                    Self::Payload(reason) => reason.code(),
                    Self::QrField(_) => "qr_field",
                    $(Self::$variant => $code),*
                }
            }

            /// The sentence.
            pub fn sentence(self, language: Language) -> String {
                let (french, english) = match self {
                    Self::Payload(reason) => (reason.french(), reason.english()),
                    Self::QrField(field) => return qr_field(field, language),
                    $(Self::$variant => ($french, $english)),*
                };
                language.pick(french, english).to_owned()
            }
        }
    };
}

rules! {
    QrTooLong "qr_too_long" "ce texte est trop long : ce n'est pas le code QR d'une facture normalisée" "this text is too long: it is not a receipt's QR code";
    QrFieldCount "qr_field_count" "ce texte n'a pas les 16 ou 17 champs du code QR d'une facture normalisée : scannez-le de nouveau" "this text has not the 16 or 17 fields of a receipt's QR code: scan it again";
    SignatureForm "signature_form" "la signature n'en est pas une : r ou s est hors limites" "the signature is none: r or s is out of range";
    SignatureHighS "signature_high_s" "la signature est dans sa seconde forme (s > n/2), qu'aucun scelleur n'émet : elle a été fabriquée à partir d'une vraie" "the signature is in its second form (s > n/2), which no sealer makes: it was derived from a true one";
    AuthCodeMismatch "auth_code_mismatch" "le code d'authentification n'est pas celui de la signature" "the authentication code is not that of the signature";
    KeyUnknown "key_unknown" "aucune clé connue n'a cet identifiant : mettez la liste des clés à jour ; si elle l'est, le sceau est faux" "no known key has this id: update the list of keys; if it is up to date, the seal is false";
    KeyUse "key_use" "cette clé n'est pas une clé de scellement" "this key is not one that seals";
    IssuerUse "issuer_use" "cette clé ne peut pas déléguer" "this key cannot delegate";
    SignatureFalse "signature_false" "la clé n'a pas signé cela : un montant, une date ou un autre champ a été changé, ou le sceau est inventé" "the key did not sign this: an amount, a date or another field was changed, or the seal is invented";
    SignerMismatch "signer_mismatch" "cette clé appartient à un autre appareil" "this key belongs to another device";
    OutletMismatch "outlet_mismatch" "cette clé appartient à un autre point de vente" "this key belongs to another outlet";
    NifMismatch "nif_mismatch" "cette clé appartient à un autre contribuable" "this key belongs to another taxpayer";
    BeforeFirst "before_first" "ce numéro précède le premier que cette clé pouvait sceller" "this number is before the first that this key could seal";
    AfterLast "after_last" "ce numéro ou cette heure suit la dernière facture que cette clé pouvait sceller : elle a été retirée ou révoquée" "this number or time is after the last that this key could seal: it was retired or revoked";
    CredentialFalse "credential_false" "la délégation n'est pas signée par celui qu'elle nomme" "the delegation is not signed by whom it names";
    CredentialTerms "credential_terms" "une délégation porte sur 1 à 500 numéros et 12 à 72 heures" "a delegation is of 1 to 500 numbers and 12 to 72 hours";
    CredentialBlock "credential_block" "ce numéro est hors du bloc délégué" "this number is outside the delegated block";
    CredentialHours "credential_hours" "l'heure du sceau est hors des heures déléguées" "the time of the seal is outside the delegated hours";
    CredentialCap "credential_cap" "le total dépasse le montant délégué" "the total is above the delegated amount";
    PayloadHash "payload_hash" "la facture n'est pas celle qui a été scellée : au moins un octet a changé" "the payload is not the one that was sealed: at least one byte has changed";
    FactOutlet "fact_outlet" "l'en-tête et la facture nomment deux points de vente" "header and payload name two outlets";
    FactNif "fact_nif" "l'en-tête et la facture nomment deux contribuables" "header and payload name two taxpayers";
    FactType "fact_type" "l'en-tête et la facture nomment deux types de facture" "header and payload name two invoice types";
    FactTotal "fact_total" "l'en-tête et la facture ont deux totaux" "header and payload have two totals";
    FactVat "fact_vat" "l'en-tête et la facture ont deux montants de TVA" "header and payload have two amounts of VAT";
    FactCurrency "fact_currency" "l'en-tête et la facture ont deux devises" "header and payload have two currencies";
    FactItems "fact_items" "l'en-tête et la facture n'ont pas le même nombre d'articles" "header and payload have not the same number of items";
    LineForm "line_form" "cette ligne n'est pas un objet {\"record\",\"payload\"} : le fichier est abîmé" "this line is not an object {\"record\",\"payload\"}: the file is damaged";
    RecordForm "record_form" "cet enregistrement n'est pas lisible : il est abîmé, coupé ou inventé" "this record cannot be read: it was damaged, cut or invented";
    RecordKind "record_kind" "cet enregistrement est d'un genre inconnu : lisez-le avec une version plus récente" "this record is of an unknown kind: read it with a newer version";
    ChainBroken "chain_broken" "cet enregistrement ne suit pas le précédent : l'un des deux a été changé, ou ce qui était entre eux a été retiré" "this record does not follow the one before: one of the two was changed, or what was between them was removed";
    PositionGap "position_gap" "la position n'est pas la suivante : des enregistrements manquent, sont doublés ou déplacés" "the position is not the next: records are missing, doubled or moved";
    NumberGap "number_gap" "le numéro de facture n'est pas le suivant : des factures manquent, sont doublées ou déplacées" "the invoice number is not the next: invoices are missing, doubled or moved";
    SaleTwice "sale_twice" "cette vente a déjà été scellée dans ce journal" "this sale was already sealed in this journal";
    EpochBack "epoch_back" "l'époque recule : une époque close a été rouverte" "the epoch goes back: a closed one was opened again";
    TimeBack "time_back" "l'heure recule : cet enregistrement est plus ancien que le précédent" "time goes back: this record is older than the one before";
    CounterBack "counter_back" "le compteur de l'élément sécurisé recule : la mémoire de l'appareil a été restaurée ou remplacée" "the secure element's counter goes back: the device's memory was restored or replaced";
    SealedAfterClose "sealed_after_close" "ce signataire avait clos sa série et ne pouvait plus sceller" "this signer had closed its line and could seal no more";
    NoHandOver "no_hand_over" "un autre signataire continue sans que le précédent ait clos sa série" "another signer goes on although the one before had not closed its line";
    SealedStandingBy "sealed_standing_by" "ce signataire n'avait pas encore reçu la série et ne pouvait pas sceller" "this signer had not been given the line yet and could not seal";
    CloseForm "close_form" "ce que dit l'enregistrement de qui quitte la série n'est pas dans sa forme" "what the record says of giving the line is not in its form";
    CloseMismatch "close_mismatch" "qui quitte la série nomme un autre dernier numéro ou une autre tête que les siens" "who gives the line names another last number or head than its own";
    HandOverForm "hand_over_form" "ce que dit l'enregistrement de qui reprend la série n'est pas dans sa forme" "what the record says of taking the line is not in its form";
    HandOverMismatch "hand_over_mismatch" "qui reprend la série nomme une autre clôture de série, un autre numéro, une autre époque ou une autre clé que les siens" "who takes the line names another close, number, epoch or key than its own";
    FlagForm "flag_form" "ce signalement du registre n'est pas dans sa forme" "this flag of the ledger is not in its form";
    RevocationForm "revocation_form" "cette révocation n'est pas dans sa forme" "this revocation is not in its form";
    AnchorForm "anchor_form" "cet ancrage n'est pas dans sa forme" "this anchor is not in its form";
    AnchorGap "anchor_gap" "cet ancrage ne suit pas le précédent de la même chaîne" "this anchor does not follow the one before it of the same chain";
    AnchorDiffers "anchor_differs" "cet enregistrement n'est pas celui que nomme l'ancrage du registre : il a été changé, ou d'autres avant lui" "this record is not the one that the ledger's anchor names: it was changed, or others before it";
    ChainMissing "chain_missing" "le registre nomme cette chaîne d'un autre scelleur et elle n'est pas ici : demandez-la" "the ledger names this chain of another signer and it is not here: ask for it";
    ChainShort "chain_short" "cette chaîne ne va pas d'où à où le registre la nomme : des enregistrements manquent" "this chain does not go from and to where the ledger names it: records are missing";
    FolderSigner "folder_signer" "ce dossier ne contient pas la chaîne de celui dont il porte le nom : des dossiers ont été échangés" "this folder does not hold the chain of whom it is named after: folders were exchanged";
    CloseUnknown "close_unknown" "celui qui reprend la série nomme une clôture de série qui n'est dans aucune autre chaîne" "who takes the line names a close that is in no other chain";
    CloseTwice "close_twice" "la série a été reprise deux fois après la même clôture de série" "the line was taken twice after the same close";
    HandOverSigner "hand_over_signer" "la série a été donnée à un autre que celui qui l'a reprise, ou reprise d'un autre que celui qui l'a donnée" "the line was given to another than who took it, or taken from another than who gave it";
    HandOverNumber "hand_over_number" "celui qui reprend la série ne continue pas au numéro qui suit le dernier donné : des factures manquent ou sont doublées" "who takes the line does not go on with the number after the last that was given: invoices are missing or doubled";
    NumberTwice "number_twice" "ce numéro a déjà été donné par un autre signataire : l'un des deux n'avait pas la série" "this number was given by another signer already: one of the two had not the line";
    NumberMissing "number_missing" "des numéros avant celui-ci ne sont dans aucune chaîne : des factures manquent" "numbers before this one are in no chain: invoices are missing";
    AfterRevocation "after_revocation" "cette facture suit la dernière d'une clé révoquée, et le registre ne la signale pas" "this invoice is after the last of a revoked key, and the ledger does not flag it";
    AuthorityForm "authority_form" "ce que l'enregistrement dit de la DGI n'est pas dans sa forme" "what the record says of the tax authority is not in its form";
    AuthorityInvoice "authority_invoice" "la facture que la DGI aurait selon cet enregistrement n'est pas à cette place, ou en est une autre" "the invoice that the tax authority has by this record is not in this place, or is another";
    AuthorityCodeReused "authority_code_reused" "ce code de la DGI est déjà celui d'une autre facture : l'une des deux n'est pas normalisée sous ce code" "this code of the tax authority is already that of another invoice: one of the two is not normalised under it";
    AuthorityTwoCodes "authority_two_codes" "cette facture a déjà un autre code de la DGI : l'une des deux normalisations est de trop" "this invoice has another code of the tax authority already: one of the two normalisations is one too many";
    OtherOutlet "other_outlet" "cet enregistrement est d'un autre point de vente que le premier" "this record is of another outlet than the first";
    NifChanged "nif_changed" "cet enregistrement est d'un autre contribuable que les précédents" "this record is of another taxpayer than those before";
    HeadMissing "head_missing" "le journal n'a pas la tête connue : sa fin a été coupée, ou il a été réécrit" "the journal has not the known head: its end was cut off, or it was rewritten";
    ClosureForm "closure_form" "cette clôture n'a pas la forme d'une clôture" "this closure is not in a closure's form";
    ClosureEmpty "closure_empty" "cette clôture ne porte sur aucun enregistrement" "this closure is over no record";
    ClosureNumber "closure_number" "le numéro de la clôture n'est pas le suivant : une clôture manque, ou est comptée deux fois" "the closure's number is not the next: a closure is missing, or counted twice";
    ClosurePeriod "closure_period" "la clôture porte le nom d'un jour antérieur à ses ventes ou postérieur à elle-même" "the closure is named after a day before its sales or after itself";
    ClosureDays "closure_days" "les jours de la clôture ne sont pas ceux de ses enregistrements" "the closure's days are not those of its records";
    ClosurePositions "closure_positions" "la clôture ne commence pas après la précédente, ou ne va pas jusqu'au dernier enregistrement" "the closure does not begin after the one before, or not go up to the last record";
    ClosureHashes "closure_hashes" "la clôture nomme une empreinte qui n'est pas celle de l'enregistrement" "the closure names a hash that is not the record's";
    ClosureNumbers "closure_numbers" "la première ou la dernière facture de la clôture n'est pas celle de ses enregistrements" "the closure's first or last invoice is not that of its records";
    ClosureGroups "closure_groups" "les groupes de la clôture ne sont pas ceux de ses factures" "the closure's groups are not those of its invoices";
    ClosureBase "closure_base" "la base de ce groupe n'est pas la somme des factures" "this group's base is not the sum of the invoices";
    ClosureVat "closure_vat" "cette TVA n'est pas la somme des factures" "this VAT is not the sum of the invoices";
    ClosureCount "closure_count" "ce nombre n'est pas celui des factures" "this is not the number of the invoices";
    ClosureCurrencies "closure_currencies" "les devises de la clôture ne sont pas celles de ses factures" "the closure's currencies are not those of its invoices";
    ClosureSales "closure_sales" "les ventes ne sont pas la somme des factures" "the sales are not the sum of the invoices";
    ClosureReturns "closure_returns" "les retours ne sont pas la somme des avoirs" "the returns are not the sum of the credit notes";
    ClosureVoids "closure_voids" "les annulations ne sont pas la somme des avoirs qui annulent" "the voids are not the sum of the credit notes that void";
    ClosureNet "closure_net" "le net n'est pas la somme des factures et des avoirs" "the net is not the sum of invoices and credit notes";
    ClosureSkipped "closure_skipped" "la clôture ne dit pas de combien le compteur est monté sans enregistrement" "the closure does not say by how much the counter rose without a record";
    BindingForm "binding_form" "ce que l'enregistrement dit de son scelleur n'est pas dans sa forme" "what the record says of its signer is not in its form";
    BindingMismatch "binding_mismatch" "l'enregistrement nomme un autre point de vente, une autre époque, une autre clé ou une autre tête que les siens" "the record names another outlet, epoch, key or head than its own";
    KeyUnannounced "key_unannounced" "la clé du scelleur a changé sans enregistrement qui l'annonce" "the signer's key changed without a record that says so";
    HeadDiffers "head_differs" "une tête gardée ailleurs nomme ici un autre enregistrement : l'histoire a été réécrite" "a head that was kept elsewhere names another record here: history was rewritten";
    ManifestSignature "manifest_signature" "la clé donnée n'a pas signé la liste des parties de cet export" "the given key did not sign the list of this export's parts";
    ManifestOwner "manifest_owner" "la liste des parties est d'un autre point de vente ou contribuable que les enregistrements" "the list of parts is of another outlet or taxpayer than the records";
    PartMissing "part_missing" "cette partie de l'export manque : demandez-la de nouveau" "this part of the export is missing: ask for it again";
    PartChanged "part_changed" "cette partie n'est pas celle de la liste : son empreinte diffère" "this part is not that of the list: its hash differs";
    PartRange "part_range" "la liste dit d'autres enregistrements que ceux de cette partie" "the list states other records than those of this part";
    JournalEmpty "journal_empty" "le journal est vide : choisissez le bon fichier" "the journal is empty: choose the right file";
}

impl Rule {
    /// Whether it says that a number is not in order.
    pub(crate) const fn disorders_numbers(self) -> bool {
        matches!(self, Self::NumberGap | Self::SealedAfterClose | Self::SealedStandingBy)
    }

    /// Whether what breaks this makes sums over the record, or over what is before it, say nothing.
    pub(crate) const fn shakes_sums(self) -> bool {
        matches!(
            self,
            Self::Payload(_)
                | Self::PayloadHash
                | Self::FactOutlet
                | Self::FactNif
                | Self::FactType
                | Self::FactTotal
                | Self::FactVat
                | Self::FactCurrency
                | Self::FactItems
                | Self::PositionGap
                | Self::ChainBroken
                | Self::EpochBack
                | Self::OtherOutlet
        )
    }
}

fn qr_field(field: QrField, language: Language) -> String {
    match language {
        Language::French => {
            format!("le champ « {} » n'a pas sa forme : scannez le code de nouveau", field.french())
        }
        Language::English => {
            format!("the field \"{}\" is not in its form: scan the code again", field.english())
        }
    }
}

impl From<SignatureFault> for Rule {
    fn from(fault: SignatureFault) -> Self {
        match fault {
            SignatureFault::OutOfRange => Self::SignatureForm,
            SignatureFault::HighS => Self::SignatureHighS,
        }
    }
}

impl From<SealFault> for Rule {
    fn from(fault: SealFault) -> Self {
        match fault {
            SealFault::OtherKey => Self::KeyUnknown,
            SealFault::SignatureFalse => Self::SignatureFalse,
            SealFault::AuthCode => Self::AuthCodeMismatch,
            SealFault::Form(fault) => fault.into(),
        }
    }
}

impl From<QrFault> for Rule {
    fn from(fault: QrFault) -> Self {
        match fault {
            QrFault::TooLong => Self::QrTooLong,
            QrFault::FieldCount => Self::QrFieldCount,
            QrFault::Field(field) => Self::QrField(field),
            QrFault::Signature(fault) => fault.into(),
        }
    }
}

impl From<CredentialFault> for Rule {
    fn from(fault: CredentialFault) -> Self {
        match fault {
            CredentialFault::Terms => Self::CredentialTerms,
            CredentialFault::OtherIssuer => Self::KeyUnknown,
            // On a receipt the subject is the receipt's own, so that another one shows as a false signature.
            CredentialFault::False | CredentialFault::OtherSubject => Self::CredentialFalse,
            CredentialFault::OutsideBlock => Self::CredentialBlock,
            CredentialFault::OutsideHours => Self::CredentialHours,
            CredentialFault::AboveCap => Self::CredentialCap,
        }
    }
}

impl From<RecordFault> for Rule {
    fn from(fault: RecordFault) -> Self {
        match fault {
            RecordFault::UnknownKind(_) => Self::RecordKind,
            RecordFault::Signature(fault) => fault.into(),
            RecordFault::NotARecord
            | RecordFault::Truncated
            | RecordFault::TrailingBytes
            | RecordFault::Field(_) => Self::RecordForm,
        }
    }
}
