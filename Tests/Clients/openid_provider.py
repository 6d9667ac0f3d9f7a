"""A conforming OpenID provider on `http://localhost`: prints its port, and ends when its standard input does.

Beside what the package serves, `POST /rotate` gives it a new key.
"""

import sys

import oidc_provider_mock
from authlib import jose
from oidc_provider_mock import _app
from oidc_provider_mock._storage import storage


@_app.blueprint.post("/rotate")
def rotate():
    storage.jwk = jose.RSAKey.generate_key(2048, is_private=True)
    return "", 204


with oidc_provider_mock.run_server_in_thread() as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
