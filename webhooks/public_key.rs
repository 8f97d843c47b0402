//! Signatures by a private key that only the platform holds: SendGrid's (ECDSA on P-256) and Amazon SNS' (RSA, with a certificate that the
//! message names). Checked by ring and webpki, which the hub's TLS is made of.

use std::fmt::Debug;

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256,
    RsaParameters, UnparsedPublicKey,
};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
    pem::PemObject,
};

/// What stands before the point in a SubjectPublicKeyInfo of that curve (RFC 5480).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A public key as SendGrid shows it, base64 of its SubjectPublicKeyInfo; the bare point. `None` if it is none.
pub(crate) fn p256(shown: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(shown.trim()).ok()?;
    let point = key.strip_prefix(&P256)?;
    (point.len() == 65).then(|| point.to_vec())
}

/// Whether `signature`, in ASN.1, is that key's over SHA-256 of the message.
pub(crate) fn p256_signed(point: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature).is_ok()
}

/// Whether the key in a PEM certificate signed the message: RSA, PKCS #1. How the certificate came here is for the caller to trust.
pub(crate) fn certified(pem: &[u8], digest: RsaDigest, message: &[u8], signature: &[u8]) -> bool {
    let Ok(der) = CertificateDer::from_pem_slice(pem) else { return false };
    let Ok(certificate) = webpki::EndEntityCert::try_from(&der) else { return false };
    certificate.verify_signature(&Rsa(digest), message, signature).is_ok()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RsaDigest {
    Sha1,
    Sha256,
}

#[derive(Debug)]
struct Rsa(RsaDigest);

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let parameters: &'static RsaParameters = match self.0 {
            RsaDigest::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            RsaDigest::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let key = UnparsedPublicKey::new(parameters, public_key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA256
    }
}
