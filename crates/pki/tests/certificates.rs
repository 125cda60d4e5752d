//! What the authorities make, and what of it is believed.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic as tests do")]

mod world;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use der::{Decode, Encode};
use pki::*;
use proptest::prelude::*;
use signing::Attester;
use world::*;
use x509_cert::Certificate;

#[test]
fn a_device_certificate_says_what_was_asked_and_leads_to_its_root() {
    let World { root, issuing, device } = World::new("Trial");
    assert_eq!(device.subject(), &subject());
    assert_eq!(device.serial(), serial(3));
    assert_eq!(device.issuer().as_str(), "Trial devices");
    assert_eq!(device.crl_address(), Some(CRL));
    assert_eq!(device.not_before(), "2026-03-14T07:00:00".parse().unwrap());
    assert_eq!(device.not_after(), "2028-03-13T08:00:00".parse().unwrap());
    for read in [DeviceCertificate::from_der(device.der()), DeviceCertificate::from_pem(&device.pem())] {
        assert_eq!(read.unwrap(), device);
    }
    verify_chain(&device, issuing.chain().issuing(), root.certificate(), now()).unwrap();
    let again = Chain::from_pem(&issuing.chain().issuing().pem(), &root.certificate().pem()).unwrap();
    assert_eq!(&again, issuing.chain());
    assert_eq!(issuing.chain_pem().matches("BEGIN CERTIFICATE").count(), 2);
    let (root, own) = (root.certificate(), again.issuing());
    assert_eq!((root.below(), own.below()), (1, 0));
    assert_eq!((root.issuer(), own.issuer()), (root.name(), root.name()));
}

#[test]
fn another_library_believes_each_signature() {
    let World { root, issuing, device } = World::new("Trial");
    let root = root.certificate();
    let own = issuing.chain().issuing();
    for (der, key) in [(root.der(), root.key()), (own.der(), root.key()), (device.der(), own.key())] {
        let certificate = Certificate::from_der(der).unwrap();
        let point = key.to_spki()[26..].to_vec();
        let signed = certificate.tbs_certificate.to_der().unwrap();
        let signature = certificate.signature.as_bytes().unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(&signed, signature).unwrap();
    }
}

#[test]
fn a_certificate_of_another_authority_is_refused_even_under_the_same_names() {
    let [ours, theirs] = [World::new("Trial"), World::new("Trial")];
    assert_eq!(ours.issuing.chain().verify(&theirs.device, now()), Err(ChainFault::Device));
    let root = theirs.root.certificate().clone();
    let mixed = Chain::new(ours.issuing.chain().issuing().clone(), root.clone());
    assert_eq!(mixed, Err(ChainFault::Issuing));
    assert_eq!(Chain::new(root.clone(), root.clone()), Err(ChainFault::Issuing));
    let own = ours.issuing.chain().issuing().clone();
    assert_eq!(Chain::new(own.clone(), own), Err(ChainFault::Root));
}

#[test]
fn a_certificate_holds_from_its_first_to_its_last_second() {
    let World { issuing, device, .. } = World::new("Trial");
    let chain = issuing.chain();
    let second = |at: fiscal::Timestamp, by: i64| {
        fiscal::Timestamp::from_unix(at.unix().checked_add_signed(by).unwrap()).unwrap()
    };
    assert_eq!(chain.verify(&device, device.not_before()), Ok(()));
    assert_eq!(chain.verify(&device, device.not_after()), Ok(()));
    let late = chain.verify(&device, second(device.not_after(), 1));
    assert_eq!(late, Err(ChainFault::Time("device's")));
    let early = chain.verify(&device, second(device.not_before(), -1));
    assert!(matches!(early, Err(ChainFault::Time(_))));
    assert_eq!(chain.verify(&device, after(11 * 365 * 86_400)), Err(ChainFault::Time("issuing")));
    assert_eq!(chain.verify(&device, after(26 * 365 * 86_400)), Err(ChainFault::Time("root")));
}

#[test]
fn nothing_holds_longer_than_its_issuer() {
    let World { root, issuing, .. } = World::new("Trial");
    let key = Key::make();
    let own = issuing.chain().issuing().validity();
    let device = issuing.issue(&subject(), &key.public_key(), years(11), serial(9)).unwrap();
    assert_eq!(device.not_after(), own.not_after(), "the last years of an authority are no reason to refuse");
    let behind = |seconds| fiscal::Timestamp::from_unix(own.not_after().unix() + seconds).unwrap();
    let later = Validity::new(behind(1), behind(2)).unwrap();
    let refused = issuing.issue(&subject(), &key.public_key(), later, serial(9));
    assert_eq!(refused, Err(PkiFault::Validity));
    let request = CertificateRequest::make(&title("Other"), key.as_ref()).unwrap();
    assert_eq!(root.sign(&request, years(26), serial(9)), Err(PkiFault::Validity));
    assert_eq!(Validity::new(after(1), now()), Err(PkiFault::Validity));
}

#[test]
fn times_after_2049_are_written_and_read() {
    let validity = Validity::new(now(), "2099-12-31T23:59:59".parse().unwrap()).unwrap();
    let root = RootAuthority::make(&title("Long"), Key::make(), validity, serial(1)).unwrap();
    let read = AuthorityCertificate::from_der(root.certificate().der()).unwrap();
    assert_eq!(read.validity(), validity);
}

#[test]
fn an_authority_signs_with_the_key_of_its_certificate_only() {
    let World { root, issuing, .. } = World::new("Trial");
    let taken = IssuingAuthority::new(issuing.chain().clone(), Key::make());
    assert_eq!(taken.err().unwrap().code(), "PKI_OTHER_KEY");
    let taken = RootAuthority::new(root.certificate().clone(), Key::make());
    assert_eq!(taken.err().unwrap().code(), "PKI_OTHER_KEY");
}

#[test]
fn a_request_proves_its_key_and_never_takes_the_roots_place() {
    let root_key = Key::make();
    let root = RootAuthority::make(&title("Root"), root_key.clone(), years(25), serial(1)).unwrap();
    let key = Key::make();
    let request = CertificateRequest::make(&title("Issuing"), key.as_ref()).unwrap();
    assert_eq!(CertificateRequest::from_pem(&request.pem()), Ok(request.clone()));
    assert_eq!(request.key(), &key.public_key());
    let own_name = CertificateRequest::make(&title("Root"), key.as_ref()).unwrap();
    assert!(root.sign(&own_name, years(1), serial(2)).is_err());
    let own_key = CertificateRequest::make(&title("Issuing"), root_key.as_ref()).unwrap();
    assert!(root.sign(&own_key, years(1), serial(2)).is_err());
    // Another's key under this signature.
    let (_, der) = der::pem::decode_vec(request.pem().as_bytes()).unwrap();
    let mut forged = der.clone();
    let at = der.windows(65).position(|window| window == &key.public_key().to_spki()[26..]).unwrap();
    forged[at..at + 65].copy_from_slice(&Key::make().public_key().to_spki()[26..]);
    let pem = der::pem::encode_string("CERTIFICATE REQUEST", Default::default(), &forged).unwrap();
    let refused = CertificateRequest::from_pem(&pem);
    assert!(matches!(refused, Err(PkiFault::SignatureFalse(_))), "{refused:?}");
}

#[test]
fn one_kind_of_document_is_not_read_as_another() {
    let World { root, issuing, device } = World::new("Trial");
    assert!(AuthorityCertificate::from_der(device.der()).is_err());
    assert!(DeviceCertificate::from_der(root.certificate().der()).is_err());
    assert!(DeviceCertificate::from_pem(&issuing.chain().issuing().pem()).is_err());
    assert!(CertificateRequest::from_pem(&device.pem()).is_err());
    for text in ["", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "{}"] {
        assert_eq!(AuthorityCertificate::from_pem(text).unwrap_err().code(), "PKI_FORM", "{text:?}");
        assert_eq!(DeviceCertificate::from_pem(text).unwrap_err().code(), "PKI_FORM", "{text:?}");
    }
}

#[test]
fn names_and_addresses_that_no_certificate_carries_are_refused() {
    for text in ["", "a\nb", &"a".repeat(65)] {
        assert_eq!(text.parse::<AuthorityName>().unwrap_err().code(), "PKI_TEXT", "{text:?}");
    }
    assert_eq!(title("Autorité des défs, émettrice").as_str(), "Autorité des défs, émettrice");
    let World { issuing, .. } = World::new("Trial");
    assert_eq!(issuing.with_crl_address("https://é.example/").err().unwrap().code(), "PKI_TEXT");
}

#[test]
fn a_list_says_which_certificates_are_revoked_since_when_and_why() {
    let World { issuing, device, .. } = World::new("Trial");
    let one = |number, time, reason| RevokedCertificate { serial: serial(number), time, reason };
    let revoked = [
        one(9, after(20), RevocationReason::Superseded),
        one(3, after(10), RevocationReason::KeyCompromise),
        one(5, after(30), RevocationReason::CessationOfOperation),
        one(4, after(40), RevocationReason::PrivilegeWithdrawn),
        one(9, after(5), RevocationReason::KeyCompromise),
    ];
    let list = issuing.crl(&revoked, 70_000, after(50), after(86_400)).unwrap();
    assert_eq!((list.number(), list.this_update(), list.next_update()), (70_000, after(50), after(86_400)));
    assert_eq!(list.issuer(), issuing.chain().issuing().name());
    assert_eq!(list.revoked(), [revoked[1], revoked[3], revoked[2], revoked[4]]);
    assert_eq!(list.find(device.serial()).unwrap().reason, RevocationReason::KeyCompromise);
    assert_eq!(list.find(serial(8)), None);
    assert_eq!(RevocationList::from_der(list.der(), issuing.chain().issuing()), Ok(list.clone()));
    assert!(list.pem().starts_with("-----BEGIN X509 CRL-----\n"));

    let empty = issuing.crl(&[], u64::MAX, now(), now()).unwrap();
    assert_eq!((empty.revoked(), empty.number()), ([].as_slice(), u64::MAX));
    assert_eq!(issuing.crl(&[], 1, after(1), now()), Err(PkiFault::Validity));
}

#[test]
fn a_list_of_another_authority_or_an_altered_one_is_refused() {
    let [ours, theirs] = [World::new("Trial"), World::new("Trial")];
    let list = ours.issuing.crl(&[], 1, now(), after(10)).unwrap();
    let read = |der: &[u8]| RevocationList::from_der(der, ours.issuing.chain().issuing());
    assert!(RevocationList::from_der(list.der(), theirs.issuing.chain().issuing()).is_err());
    assert!(RevocationList::from_der(list.der(), ours.root.certificate()).is_err());
    for at in 0..list.der().len() {
        let mut altered = list.der().to_vec();
        altered[at] ^= 1;
        assert!(read(&altered).is_err(), "byte {at}");
    }
    let roots = ours.root.crl(&[], 1, now(), after(10)).unwrap();
    assert!(RevocationList::from_der(roots.der(), ours.root.certificate()).is_ok());
}

#[test]
fn no_altered_bit_of_a_certificate_is_believed() {
    let World { issuing, device, root } = World::new("Trial");
    let chain = issuing.chain();
    for bit in 0..device.der().len() * 8 {
        let mut altered = device.der().to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        let believed =
            DeviceCertificate::from_der(&altered).is_ok_and(|read| chain.verify(&read, now()).is_ok());
        assert!(!believed, "bit {bit}");
    }
    let own = chain.issuing();
    for bit in 0..own.der().len() * 8 {
        let mut altered = own.der().to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        let believed = AuthorityCertificate::from_der(&altered)
            .is_ok_and(|read| Chain::new(read, root.certificate().clone()).is_ok());
        assert!(!believed, "bit {bit}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_refused_with_a_word(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(DeviceCertificate::from_der(&bytes).is_err());
        prop_assert!(AuthorityCertificate::from_der(&bytes).is_err());
    }

    #[test]
    fn what_follows_a_certificate_or_is_cut_off_is_refused(cut in 1_usize..300, tail in 1_usize..40) {
        thread_local!(static DEVICE: Vec<u8> = World::new("Trial").device.der().to_vec());
        let der = DEVICE.with(Clone::clone);
        prop_assert!(DeviceCertificate::from_der(&der[..der.len() - cut]).is_err());
        prop_assert!(DeviceCertificate::from_der(&[der, vec![0; tail]].concat()).is_err());
    }

    #[test]
    fn a_serial_number_is_read_as_it_is_written(random: [u8; 16]) {
        let number = SerialNumber::from_random(random);
        prop_assert_eq!(number.to_string().parse::<SerialNumber>(), Ok(number));
        prop_assert!(number.to_string().to_uppercase().parse::<SerialNumber>().is_err() || !number.to_string().contains(|c: char| c.is_ascii_lowercase()));
        prop_assert_eq!(number.as_bytes()[0] >> 6, 1);
    }
}
