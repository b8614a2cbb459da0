//! Whether a signature was made with the key of a certificate: RSA with PKCS#1 v1.5 padding, ECDSA on
//! P-256 and P-384, which is what Authenticode is signed with.
//!
//! Any other key, curve or padding is no answer. A key is bounded before a number is made of it.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, Pkcs1v15Sign, PublicKey};

use crate::asn1::der::{BIT_STRING, Element, Elements, INTEGER, OBJECT_IDENTIFIER, SEQUENCE};
use crate::hash::Algorithm;
use crate::limits::{MAX_RSA_BITS, MAX_RSA_EXPONENT_BYTES};
use crate::problems::Problems;
use crate::work;

/// Contents octets of 1.2.840.113549.1.1.1, `rsaEncryption`.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// Contents octets of 1.2.840.10045.2.1, `id-ecPublicKey`.
const ELLIPTIC_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
/// Contents octets of 1.2.840.10045.3.1.7, `secp256r1`.
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// Contents octets of 1.3.132.0.34, `secp384r1`.
const P384: &[u8] = &[0x2b, 0x81, 4, 0, 34];

/// Contents octets of 1.2.840.113549.1.1, under which PKCS#1 v1.5 schemes stand, and of 1.3.14.3.2 with
/// older names for the same.
const PKCS1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const OIW: &[u8] = &[0x2b, 0x0e, 3, 2];
/// Last octet of `id-RSAES-OAEP` to `id-RSASSA-PSS` below `PKCS1`, which are other paddings.
const OTHER_PADDING: std::ops::RangeInclusive<u8> = 7..=10;

/// Steps (see `work`) of a verification on a curve: 250 and 600 us were measured.
const P256_STEPS: usize = 16_000;
const P384_STEPS: usize = 40_000;

/// What verifications may still cost a file.
pub(super) struct Budget<'p> {
    /// Steps left, from `MAX_VERIFICATION_STEPS` on.
    pub(super) steps: &'p mut usize,
    pub(super) problems: &'p mut Problems,
}

impl Budget<'_> {
    /// Takes `steps` off; none, and the limit named, where fewer are left.
    fn spend(&mut self, steps: usize) -> Option<()> {
        let Some(left) = self.steps.checked_sub(steps) else {
            self.problems.limit("verifications");
            return None;
        };
        *self.steps = left;
        work::steps(steps);
        Some(())
    }
}

/// A digest that was signed.
pub(super) struct Signed<'a> {
    /// What made the digest.
    pub(super) algorithm: Algorithm,
    /// The digest.
    pub(super) digest: &'a [u8],
    /// Contents octets of the signature algorithm's identifier.
    pub(super) scheme: &'a [u8],
    /// The signature.
    pub(super) signature: &'a [u8],
}

impl Signed<'_> {
    /// Whether the key in `info`, a `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), made the
    /// signature; none where the key cannot be read, or key or padding is of an unknown kind.
    pub(super) fn is_of(&self, info: &Element, budget: &mut Budget) -> Option<bool> {
        let mut fields = info.children();
        let identifier = fields.next()?.ok().filter(|field| field.identifier == SEQUENCE)?;
        let key = fields.next()?.ok().filter(|field| field.identifier == BIT_STRING && field.whole)?;
        // The first octet counts the bits that the last one lacks: a key lacks none.
        let (0, bits) = key.content.split_first()? else { return None };
        let mut algorithm = identifier.children();
        let kind = algorithm.next()?.ok().filter(|kind| kind.identifier == OBJECT_IDENTIFIER)?;
        match kind.content {
            RSA => self.is_of_rsa(&Elements::new(bits, key.offset).next()?.ok()?, budget),
            ELLIPTIC_CURVE => match algorithm.next()?.ok()?.content {
                P256 => {
                    budget.spend(P256_STEPS)?;
                    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bits).ok()?;
                    Some(self.is_of_curve(&key, p256::ecdsa::DerSignature::from_bytes))
                }
                P384 => {
                    budget.spend(P384_STEPS)?;
                    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(bits).ok()?;
                    Some(self.is_of_curve(&key, p384::ecdsa::DerSignature::from_bytes))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn is_of_curve<S, E>(&self, key: &impl PrehashVerifier<S>, read: fn(&[u8]) -> Result<S, E>) -> bool {
        read(self.signature).is_ok_and(|signature| key.verify_prehash(self.digest, &signature).is_ok())
    }

    /// The same with an `RSAPublicKey` (RFC 8017, appendix A.1.1).
    fn is_of_rsa(&self, key: &Element, budget: &mut Budget) -> Option<bool> {
        let is_pkcs1 = match self.scheme.split_last()? {
            (last, arc) if arc == PKCS1 => !OTHER_PADDING.contains(last),
            (_, arc) => arc == OIW,
        };
        if !is_pkcs1 {
            return None;
        }
        let mut numbers = key.children();
        let mut number = || {
            let number =
                numbers.next()?.ok().filter(|number| number.identifier == INTEGER && number.whole)?;
            // A negative number is none of a key's.
            number.content.first().filter(|first| **first < 0x80)?;
            let leading = number.content.iter().position(|byte| *byte != 0)?;
            number.content.get(leading..)
        };
        let (modulus, exponent) = (number()?, number()?);
        if modulus.len() * 8 > MAX_RSA_BITS || exponent.len() > MAX_RSA_EXPONENT_BYTES {
            budget.problems.limit("rsa_bits");
            return None;
        }
        // A multiplication for every bit; of 2,048 bits and 65,537 it is some 80 us.
        let limbs = modulus.len().div_ceil(8);
        budget.spend(limbs * limbs * exponent.len() * 2)?;
        let integer = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bytes.len() as u32 * 8).ok();
        let (modulus, exponent) = (integer(modulus)?, integer(exponent)?);
        let key = PublicKey::new_with_size_limits(modulus, exponent, 0..=MAX_RSA_BITS).ok()?;
        let padding = match self.algorithm {
            Algorithm::Md5 => Pkcs1v15Sign::new::<md5::Md5>(),
            Algorithm::Sha1 => Pkcs1v15Sign::new::<sha1::Sha1>(),
            Algorithm::Sha256 => Pkcs1v15Sign::new::<sha2::Sha256>(),
            Algorithm::Sha384 => Pkcs1v15Sign::new::<sha2::Sha384>(),
            Algorithm::Sha512 => Pkcs1v15Sign::new::<sha2::Sha512>(),
        };
        Some(key.verify(padding, self.digest, self.signature).is_ok())
    }
}
