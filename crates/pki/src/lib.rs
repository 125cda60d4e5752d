//! Certificates and signed words for devices: a root, an issuing authority, revocation lists, activation codes, orders
