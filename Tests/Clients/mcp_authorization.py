"""An authorization server and a server of tools that wants its tokens, both of the official package. Everybody is let
through at once; what is given, and when it ends, is what the tests say."""

import secrets
import time

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    RefreshToken,
    TokenError,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.shared.auth import OAuthToken

PATHS = ("/authorize", "/token", "/register", "/.well-known")


class Provider:
    def __init__(self, note):
        self.note = note
        self.clients, self.codes, self.access, self.refresh = {}, {}, {}, {}
        self.lifetime = 3600
        self.is_open = True

    async def get_client(self, client_id):
        return self.clients.get(client_id)

    async def register_client(self, client):
        self.note("registered", name=client.client_name, method=client.token_endpoint_auth_method)
        self.clients[client.client_id] = client

    async def authorize(self, client, params):
        if not self.is_open:
            return construct_redirect_uri(str(params.redirect_uri), error="access_denied", state=params.state)
        code = secrets.token_urlsafe(32)
        self.codes[code] = AuthorizationCode(
            code=code,
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            client_id=client.client_id,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        return construct_redirect_uri(str(params.redirect_uri), code=code, state=params.state)

    async def load_authorization_code(self, client, code):
        return self.codes.get(code)

    async def exchange_authorization_code(self, client, code):
        del self.codes[code.code]
        return self.give("code", client, code.scopes, code.resource)

    async def load_refresh_token(self, client, token):
        return self.refresh.get(token)

    async def exchange_refresh_token(self, client, token, scopes):
        if self.refresh.pop(token.token, None) is None:
            raise TokenError("invalid_grant")
        return self.give("refresh", client, scopes, token.resource)

    def give(self, by, client, scopes, resource):
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        common = dict(client_id=client.client_id, scopes=scopes, resource=resource)
        self.access[access] = AccessToken(token=access, **common)
        self.refresh[refresh] = RefreshToken(token=refresh, **common)
        self.note("tokens", by=by, resource=resource, access=access)
        return OAuthToken(
            access_token=access, token_type="Bearer", expires_in=self.lifetime, refresh_token=refresh,
            scope=" ".join(scopes),
        )

    async def load_access_token(self, token):
        return self.access.get(token)

    async def revoke_token(self, token):
        self.access.pop(token.token, None)

    def change(self, wanted):
        """What tests ask: another lifetime, that all access tokens, or all tokens, are good no more, or nobody gets in."""
        self.lifetime = wanted.get("lifetime", self.lifetime)
        self.is_open = wanted.get("open", self.is_open)
        if wanted.get("forget") in ("access", "all"):
            self.access.clear()
        if wanted.get("forget") == "all":
            self.refresh.clear()


def settings(root, path):
    return AuthSettings(
        issuer_url=root,
        resource_server_url=root + path,
        validate_token_resource=True,
        required_scopes=["tools"],
        client_registration_options=ClientRegistrationOptions(
            enabled=True, valid_scopes=["tools"], default_scopes=["tools"]
        ),
    )
