"""Signatures of models: Ed25519 over the bytes of the manifest, in a file of its own beside it (extra ``sign``).

The manifest holds the digest of every part, so a signature over it is one over the whole model. Keys are PEM files as openssl
writes and reads them; the signature is the bare 64 bytes.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from narratives import bundle as bundles
from narratives.errors import InputError, ModelDamagedError, ModelSignatureError
from narratives.files import write_bytes

PASSPHRASE = "NARRATIVES_KEY_PASSPHRASE"
LONGEST_KEY = 1 << 16  # bytes; a PEM file of ours has some hundred


def make_keys(private: Path) -> Path:
    """Write a new pair of keys, the private one readable by its owner only; return where the public one is.

    The private key is encrypted where the environment variable ``NARRATIVES_KEY_PASSPHRASE`` is set.

    :param private: such as ``release.pem``; the public key is beside it, as ``release.pub.pem``.
    :raises InputError: when one of the files is there already, or cannot be written.
    """
    serialization, ed25519 = _cryptography()
    public = private.with_name(f"{private.stem}.pub{private.suffix}")
    for path in (private, public):
        if path.exists():
            raise InputError(f"{path}: is there already; a key is never overwritten, choose another name")
    key = ed25519.Ed25519PrivateKey.generate()
    passphrase = os.environ.get(PASSPHRASE, "").encode()
    how = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    write_bytes(private, key.private_bytes(pem, form, how), secret=True)
    write_bytes(public, key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return public


def sign(folder: Path, key: Path) -> Path:
    """Check a model and sign it; return the signature's file, which replaces an older one.

    :param key: the private key, PEM.
    :raises ModelError: when the model is not whole, or its folder holds more than the model.
    :raises InputError: when the key cannot be used.
    """
    check(folder)
    signer = _private(key)
    path = folder / bundles.SIGNATURE
    write_bytes(path, signer.sign((folder / bundles.MANIFEST).read_bytes()))
    return path


def check(folder: Path, key: Path | None = None) -> bundles.Bundle:
    """Check every part of a model against its digest, that nothing else lies in its folder, and its signature if a key is given.

    :param key: the public key, PEM.
    :return: the model.
    :raises ModelError: when a part is missing or altered, or something was added.
    :raises ModelSignatureError: when the signature is missing, or is not that key's over this manifest.
    :raises InputError: when the key cannot be used.
    """
    if key is not None:
        _check_signature(folder, _public(key), key)
    bundle = bundles.load(folder)
    if added := bundles.strangers(folder):
        raise ModelDamagedError(f"{folder}: holds what is no part of the model: {', '.join(added)}; remove it, or get the model anew")
    return bundle


def _check_signature(folder: Path, public: Any, key: Path) -> None:
    from cryptography.exceptions import InvalidSignature

    manifest, path = folder / bundles.MANIFEST, folder / bundles.SIGNATURE
    bundles.read_manifest(folder)
    if not path.is_file():
        raise ModelSignatureError(f"{path}: is missing: the model is not signed (narratives models sign)")
    try:
        public.verify(path.read_bytes(), manifest.read_bytes())
    except InvalidSignature as error:
        raise ModelSignatureError(f"{path}: is not the signature of {key} over {manifest.name}: do not use this model") from error
    except OSError as error:
        raise ModelSignatureError(f"{path}: cannot be read: {error.strerror or error}") from error


def _private(path: Path) -> Any:
    serialization, ed25519 = _cryptography()
    passphrase = os.environ.get(PASSPHRASE, "").encode() or None
    content = _read(path)
    try:
        try:
            key = serialization.load_pem_private_key(content, passphrase)
        except TypeError:  # a passphrase is set, and this key is not encrypted
            if passphrase is None:
                raise
            key = serialization.load_pem_private_key(content, None)
    except TypeError as error:
        raise InputError(f"{path}: is encrypted; put its passphrase into the environment variable {PASSPHRASE}") from error
    except ValueError as error:
        raise InputError(f"{path}: is no private key in PEM, or the passphrase in {PASSPHRASE} is wrong") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InputError(f"{path}: is another kind of key, wanted Ed25519; make one by: narratives models keygen")
    return key


def _public(path: Path) -> Any:
    serialization, ed25519 = _cryptography()
    content = _read(path)
    try:
        key = serialization.load_pem_public_key(content)
    except ValueError as error:
        hint = "; that is the private key, give the public one (.pub.pem)" if b"PRIVATE KEY" in content else ""
        raise InputError(f"{path}: is no public key in PEM{hint}") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise InputError(f"{path}: is another kind of key, wanted Ed25519")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_KEY)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _cryptography() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise InputError("signatures need cryptography; install it with: pip install 'narratives[sign]'") from error
    return serialization, ed25519
