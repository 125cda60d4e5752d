//! Why a row of a file, or the whole of it, is not taken, in both languages.

use sync::{CompleteFault, RowFault};

use crate::problem::{TIME_FORM, UNKNOWN_MACHINE, Words, only_by, words};

/// Why a row of an imported file is not taken.
pub fn of_fault(fault: &RowFault) -> Words {
    let french = match fault {
        RowFault::NoNumber => "la ligne ne nomme aucune facture : remplissez rn, ou l'uid".into(),
        RowFault::NumberForm => "rn n'est pas un de nos numéros fiscaux : copiez-le en entier".into(),
        RowFault::UnknownInvoice => {
            "aucune de vos factures n'a ce numéro : un autre système l'a peut-être faite".into()
        }
        RowFault::UidForm => "l'uid n'en est pas un : copiez-le en entier, ou laissez-le vide".into(),
        RowFault::UidDiffers => {
            "l'uid est d'une autre demande de cette facture : comparez sur le portail".into()
        }
        RowFault::CodeMissing => "le code de la DGI manque : copiez-le, ou videz la ligne".into(),
        RowFault::CodeForm => "le code de la DGI a 24 lettres et chiffres : copiez-le en entier".into(),
        RowFault::NimMissing => "le NIM manque : remplissez la colonne nim, ou dites-le pour tout le fichier (--nim)".into(),
        RowFault::NimForm => "ce n'est pas un NIM, comme CD01234567-1 : copiez-le du portail".into(),
        RowFault::CountersForm => {
            "les compteurs se lisent 64/64 FV : copiez-les, ou laissez-les vides".into()
        }
        RowFault::QrForm => {
            "le texte du code QR est trop long : copiez-le de nouveau, ou laissez-le vide".into()
        }
        RowFault::TotalForm => "un total n'est pas un montant : copiez-le, ou laissez-le vide".into(),
        RowFault::TotalDiffers { ours, theirs } => {
            format!("le total est {theirs}, et la facture est de {ours} : c'est une autre facture")
        }
        RowFault::NoProof => {
            "rien ne montre que le code est celui de cette facture : remplissez aussi le total de la DGI (totalDGI)".into()
        }
        RowFault::QrDiffers => {
            "le texte du code QR ne contient pas ce code, ce NIM et votre NIF : c'est celui d'une autre facture".into()
        }
        RowFault::Twice(row) => {
            format!("la ligne {row} est de la même facture ou a le même code : gardez-en une")
        }
        RowFault::OtherMachine(nims) => only_by(nims),
        RowFault::Refused { code, .. } => of_code(code).into(),
    };
    words(french, fault.to_string())
}

/// What the desk says of a row.
fn of_code(code: &str) -> &'static str {
    match code {
        "CODE_REUSED" => "une autre facture a ce code : copiez celui de cette facture",
        "OTHER_CODE" => "cette facture a déjà un autre code : comparez les deux sur le portail",
        "UNKNOWN_MACHINE" => UNKNOWN_MACHINE,
        "TIME_FORM" => TIME_FORM,
        "TIME_OUTSIDE" => {
            "l'heure est plus d'un jour avant le scellement de la facture, ou plus d'un jour dans l'avenir : copiez celle de cette facture"
        }
        "TOO_SOON" => "un envoi peut encore avoir son effet : réessayez dans quelques minutes",
        "IN_FLIGHT" => "un envoi de cette facture est en cours : importez de nouveau dans quelques minutes",
        "HANDED_OUT" => "une personne l'a pour la saisir : rendez-la si personne ne le fera",
        "HANDED_OUT_BEFORE" => {
            "une personne l'avait pour la saisir au moment de la sauvegarde : demandez-lui, et cherchez-la sur le portail"
        }
        "CONFIRM_UNKNOWN" => "on ne sait pas quand elle a été envoyée : cherchez-la sur le portail",
        "CONFIRM_BEFORE" => {
            "il n'est pas sûr qu'elle ait été envoyée après le début de la période : exportez à partir de la veille de son envoi"
        }
        "CONFIRM_LATE" => {
            "elle a pu avoir son effet après la dernière ligne de l'export : exportez de nouveau un jour après son envoi"
        }
        "NOT_SETTLED" => "cette facture n'a pas besoin d'être réglée par une personne",
        _ => "la ligne n'est pas reprise : regardez la facture et réessayez",
    }
}

/// Why a file does not count as complete.
pub fn of_incomplete(fault: &CompleteFault) -> Words {
    let french = match fault {
        CompleteFault::Unread => {
            "des lignes sont vides ou illisibles, ou c'est notre propre feuille : prenez l'export du portail tel quel".into()
        }
        CompleteFault::Rows { said, found } => {
            format!("le fichier a {found} lignes et non {said} : exportez et comptez de nouveau")
        }
        CompleteFault::Period => "la période finit dans l'avenir ou avant de commencer : dites celle de l'export".into(),
        CompleteFault::Unknown(row) => {
            format!("la ligne {row} ne nomme aucune de vos factures par son numéro (rn) : rien n'en est conclu")
        }
        CompleteFault::OtherNim(row) => format!("la ligne {row} est d'un autre e-MCF : exportez-en un à la fois"),
        CompleteFault::NoTime(row) => {
            format!("la ligne {row} n'a pas d'heure lisible : exportez aussi la colonne de la date et de l'heure")
        }
        CompleteFault::Outside(row) => format!("la ligne {row} est hors de la période : dites celle de l'export"),
        CompleteFault::Missing(number) => {
            format!("la facture {number} est de cette période et n'est pas dans le fichier : l'export n'est pas entier")
        }
        CompleteFault::NothingKnown => {
            "le fichier n'a aucune facture dont nous connaissions le code : rien ne montre qu'il est entier".into()
        }
    };
    words(french, fault.to_string())
}
