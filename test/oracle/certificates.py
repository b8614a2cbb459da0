"""Certificates of the certificate table: every WIN_CERTIFICATE by its header, every PKCS#7 by cryptography."""
import hashlib
import struct
import warnings

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs7

WIN_CERT_TYPE_PKCS_SIGNED_DATA = 2
HEADER = "file_offset length revision certificate_type".split()
ATTRIBUTES = {
    "fingerprint": lambda c: hashlib.sha256(c.public_bytes(Encoding.DER)).hexdigest(),
    "subject": lambda c: c.subject.rfc4514_string(),
    "issuer": lambda c: c.issuer.rfc4514_string(),
    "serial": lambda c: str(c.serial_number),
    "not_before": lambda c: c.not_valid_before_utc.replace(tzinfo=None),
    "not_after": lambda c: c.not_valid_after_utc.replace(tzinfo=None),
    "public_key": lambda c: c.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    "certificate": lambda c: c.public_bytes(Encoding.PEM).decode(),
}


def certificates(pe, data):
    """The columns, and for those that cryptography cannot give the reason."""
    values, skipped, found = {}, {}, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of what it will refuse one day
        try:
            for blob in signed_data(pe, data):
                found += pkcs7.load_der_pkcs7_certificates(blob)
        except ValueError as error:
            return {}, {f"certificates.{name}": f"cryptography refuses the PKCS#7: {error}" for name in ATTRIBUTES}
        for name, get in ATTRIBUTES.items():
            try:
                values[f"certificates.{name}"] = [get(certificate) for certificate in found]
            except Exception as error:  # whatever the library raises, it has no value to compare
                skipped[f"certificates.{name}"] = f"cryptography gives no {name}: {error}"
    return values, skipped


def win_certificates(pe, data):
    """The columns of the headers themselves."""
    found = list(headers(pe, data))
    return {f"win_certificates.{name}": [entry[at] for entry in found] for at, name in enumerate(HEADER)}


def signed_data(pe, data):
    """The DER of every PKCS#7 in the security directory."""
    for at, length, _revision, kind in headers(pe, data):
        if kind == WIN_CERT_TYPE_PKCS_SIGNED_DATA:
            yield without_padding(data[at + 8 : min(at + length, table(pe, data)[1])])


def headers(pe, data):
    """(file offset, length, revision, type) of every WIN_CERTIFICATE up to one whose length cannot be."""
    at, end = table(pe, data)
    while at and at + 8 <= end:
        length, revision, kind = struct.unpack_from("<IHH", data, at)
        if length < 8:
            return
        yield at, length, revision, kind
        at += (length + 7) & ~7


def table(pe, data):
    """Start and end of the security directory, whose address is a file offset."""
    directories = pe.OPTIONAL_HEADER.DATA_DIRECTORY
    if len(directories) < 5:
        return 0, 0
    return directories[4].VirtualAddress, min(len(data), directories[4].VirtualAddress + directories[4].Size)


def without_padding(der):
    """The first DER element alone: tables pad it with zeros, which cryptography refuses."""
    if len(der) < 2 or der[1] < 0x80:
        return der
    size = der[1] & 0x7F
    return der[: 2 + size + int.from_bytes(der[2 : 2 + size], "big")]
