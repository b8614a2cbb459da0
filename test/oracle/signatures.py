"""Authenticode: every signature as signify reads it, the file's own digests by signify and LIEF.

What an envelope's certificates say is cryptography's; which certificates it holds is asn1crypto's.
"""
import hashlib
import io
import re
import warnings
from collections import Counter, deque

from asn1crypto import cms
from cryptography import x509

import certificates

TIMESTAMPS = ("1.3.6.1.4.1.311.3.3.1", "1.2.840.113549.1.9.16.2.14")
NESTED = "1.3.6.1.4.1.311.2.4.1"
HASHES = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}


def import_signify():
    """signify's modules; oscrypto below it reads OpenSSL's version by a pattern that ends at 3.0.9."""
    search = re.search
    re.search = lambda pattern, *rest: search(
        pattern.replace(r"\.\d[a-z]*", r"\.\d+[a-z]*") if isinstance(pattern, str) else pattern, *rest
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from signify.authenticode import signed_pe, structures
            from signify.fingerprinter import AuthenticodeFingerprinter
    finally:
        re.search = search
    return signed_pe, structures, AuthenticodeFingerprinter


signed_pe, structures, AuthenticodeFingerprinter = import_signify()


def authentihash(opened):
    """signify's; of SHA-1 and MD5 merc says what they are only where there is a signature to compare with."""
    own = digests(opened)
    names = ("sha256", "sha1", "md5") if certificates_in(opened) else ("sha256",)
    return {f"authentihash_{name}": own and own[name] for name in names}


def authentihash_by_lief(opened):
    return {"authentihash_sha256 by LIEF": opened.lief.authentihash_sha256.hex()}


def digests(opened):
    fingerprinter = AuthenticodeFingerprinter(io.BytesIO(opened.data))
    if not fingerprinter.add_authenticode_hashers(*HASHES.values()):
        raise ValueError("signify finds nothing to hash")
    return {name: value.hex() for name, value in fingerprinter.hashes()["authentihash"].items()}


def certificates_in(opened):
    return list(certificates.signed_data(opened.pe, opened.data))


def signatures(opened):
    pe = signed_pe.SignedPEFile(io.BytesIO(opened.data))
    queue = deque(
        (structures.AuthenticodeSignedData.from_envelope(blob, pefile=pe), False) for blob in certificates_in(opened)
    )
    own = digests(opened) if queue else {}
    found = []
    while queue:
        data, nested = queue.popleft()
        found.append(signature(data, nested, own))
        queue.extend((inner, True) for inner in data.signer_info.nested_signed_datas)
    return {f"signatures.{name}": [entry[name] for entry in found] for name in NAMES}


def signature(data, nested, own):
    info = data.signer_info
    held = list(data.certificates)
    counter = info.countersigner
    algorithm = data.spc_info.digest_algorithm().name
    signer, issuer, fingerprint = named(info, held)
    values = {
        "digest_algorithm": algorithm,
        "digest": data.spc_info.digest.hex(),
        "digest_matches": own[algorithm] == data.spc_info.digest.hex() if algorithm in own else None,
        "content_digest_matches": info.message_digest == content_digest(data, info),
        "signer_digest_algorithm": info.digest_algorithm().name,
        "signer": signer,
        "signer_issuer": issuer,
        "signer_serial": str(info.serial_number),
        "signer_fingerprint": fingerprint,
        "program_name": info.program_name,
        "url": info.more_info,
        "signing_time": moment(counter.signing_time if counter else info.signing_time),
        "nested": nested,
    }
    return values | countersignature(counter, held)


def countersignature(counter, held):
    names = [f"counter{name}" for name in ("signature", "signature_time", "signer", "signer_issuer", "signer_serial")]
    if counter is None:
        return dict.fromkeys(names)
    is_token = isinstance(counter, structures.RFC3161SignedData)
    info = counter.signer_info if is_token else counter
    subject, issuer, _ = named(info, list(counter.certificates) + held if is_token else held)
    kind = "rfc3161" if is_token else "pkcs9"
    return dict(zip(names, (kind, moment(counter.signing_time), subject, issuer, str(info.serial_number))))


NAMES = """digest_algorithm digest digest_matches content_digest_matches signer_digest_algorithm signer signer_issuer
signer_serial signer_fingerprint program_name url signing_time nested countersignature countersignature_time
countersigner countersigner_issuer countersigner_serial""".split()


def named(info, held):
    """Subject, issuer and SHA-256 of the certificate that a signer names; the issuer without one too."""
    found = next((c for c in held if c.serial_number == info.serial_number and c.issuer == info.issuer), None)
    if found is None:
        return None, rfc4514(info.issuer.data), None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        certificate = x509.load_der_x509_certificate(found.to_der)
        issuer = certificate.issuer.rfc4514_string()
    return certificate.subject.rfc4514_string(), issuer, hashlib.sha256(found.to_der).hexdigest()


def rfc4514(name):
    """cryptography's text of a name that stands alone."""
    return x509.Name(
        x509.RelativeDistinguishedName(
            x509.NameAttribute(x509.ObjectIdentifier(part["type"].dotted), part["value"].native) for part in rdn
        )
        for rdn in name.chosen
    ).rfc4514_string()


def content_digest(data, info):
    """The signer's digest of the content without its tag and length (RFC 2315 9.3)."""
    hasher = info.digest_algorithm()
    hasher.update(data.content.contents)
    return hasher.digest()


def moment(value):
    return value and value.replace(tzinfo=None, microsecond=0)


def envelopes(opened):
    """Every certificate that any envelope holds, by where it lies."""
    found, queue = Counter(), deque(("signature", cms.ContentInfo.load(blob)) for blob in certificates_in(opened))
    while queue:
        source, info = queue.popleft()
        held = [c.chosen.dump() for c in info["content"]["certificates"] if c.name == "certificate"]
        found.update((source, hashlib.sha256(der).hexdigest()) for der in held)
        signers = info["content"]["signer_infos"] if source != "timestamp" else []
        for attribute in (each for signer in signers for each in signer["unsigned_attrs"]):
            kind = attribute["type"].dotted
            inside = "timestamp" if kind in TIMESTAMPS else "nested" if kind == NESTED else None
            if inside:
                queue.extend((inside, cms.ContentInfo.load(value.dump())) for value in attribute["values"])
    return {"certificates.sources": sorted(found.elements())}


def signatures_by_lief(opened):
    """Digests alone, those of nested signatures behind those around them."""
    queue, found = deque(opened.lief.signatures), []
    while queue:
        entry = queue.popleft()
        found.append(bytes(entry.content_info.digest).hex())
        attributes = (each for signer in entry.signers for each in signer.unauthenticated_attributes)
        queue.extend(each.signature for each in attributes if type(each).__name__ == "MsSpcNestedSignature")
    return {"signatures.digest by LIEF": found}


def verified_by_yara(opened):
    """Per signature, in the order of digests: whether it holds together, and each of its countersignatures."""
    found = [
        (entry["digest"], entry["verified"], [each["verified"] for each in entry.get("countersignatures", [])])
        for entry in opened.yara.get("signatures", [])
    ]
    return {"signatures.verified": sorted(found)}
