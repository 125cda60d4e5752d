//! Two signers, one ledger, and everything that fails between them: the same suite over each signer, and chaos
