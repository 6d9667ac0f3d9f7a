"""Speaks with a running Covey as the pages of an app do: solves its challenges with the official ALTCHA library, and
signs its users' tokens with PyJWT. Arguments: address of the server, id of the project, secret of the challenges,
secret of the anonymous tokens."""

import base64
import json
import sys
import time
import urllib.error
import urllib.request

import altcha
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

address, project, work_secret, token_secret = sys.argv[1:]
origin = "https://docs.example.com"
checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        sys.exit("FAILED: " + what)


def call(method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    if data is not None:
        names["Content-Type"] = "application/json"
    request = urllib.request.Request(address + path, data=data, method=method, headers={"Origin": origin} | names)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read() or b"null")
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"null")


KEYS = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "RS384": rsa.generate_private_key(65537, 3072),
    "RS512": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "Ed448": ed448.Ed448PrivateKey.generate(),
}


def algorithm(name):
    return "EdDSA" if name == "Ed448" else name


def pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def make_app():
    keys = [{"kid": name, "publicKey": pem(key), "algorithm": algorithm(name)} for name, key in KEYS.items()]
    web = {"allowedDomains": ["docs.example.com"], "allowAnonymous": True, "publicKeys": keys}
    status, made = call(
        "POST",
        f"/manage/tenants/default/projects/{project}/apps",
        {
            "name": "Widget",
            "type": "web_client",
            "defaultAgentId": "agent",
            "config": {"type": "web_client", "webClient": web},
        },
        Origin="http://localhost",
    )
    check(status == 201, f"the app is made: {made}")
    return made["data"]["app"]["id"]


app = make_app()
session = f"/run/auth/apps/{app}/anonymous-session"


def header(solution):
    return {"x_inkeep_challenge_solution": solution}


# The first version.
status, challenge = call("GET", "/run/auth/pow/challenge")
check(status == 200 and challenge["expiresAt"] > time.time() * 1000, f"a challenge: {challenge}")
solution = altcha.solve_challenge_v1(
    challenge["challenge"], challenge["salt"], challenge["algorithm"], challenge["maxnumber"]
)
check(solution is not None, "the library solves the first version")
payload = altcha.PayloadV1(
    challenge["algorithm"], challenge["challenge"], solution.number, challenge["salt"], challenge["signature"]
).to_base64()
check(altcha.verify_solution_v1(payload, work_secret) == (True, None), "the library takes the solution too")
status, made = call("POST", session, **header(payload))
check(status == 200, f"a session for a solution: {made}")
status, refused = call("POST", session, **header(payload))
check(status == 400, f"a solution is good once: {refused}")
forged = altcha.create_challenge_v1(hmac_key="another secret", max_number=100)
number = altcha.solve_challenge_v1(forged).number
foreign = altcha.PayloadV1(forged.algorithm, forged.challenge, number, forged.salt, forged.signature).to_base64()
check(call("POST", session, **header(foreign))[0] == 400, "a challenge of somebody else")

# The second version.
status, served = call("GET", f"/run/auth/challenge?appId={app}")
check(status == 200, f"a challenge of the second version: {served}")
challenge = altcha.Challenge.from_dict(served)
solution = altcha.solve_challenge(challenge)
check(solution is not None, "the library solves the second version")
payload = altcha.Payload(challenge, solution).to_base64()
check(altcha.verify_solution(payload, work_secret).verified, "the library takes that solution too")
envelope = base64.b64encode(json.dumps({"payload": payload}).encode()).decode()
status, made = call("POST", session, **header(envelope))
check(status == 200, f"a session for it: {made}")
check(call("POST", session, **header(envelope))[0] == 403, "it is good once as well")
challenge = altcha.Challenge.from_dict(call("GET", f"/run/auth/challenge?appId={app}")[1])
payload = altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()
status, receipt = call("POST", served["configuration"]["verifyUrl"], {"payload": payload})
check(status == 200 and receipt["verified"], f"a receipt: {receipt}")
check(altcha.verify_server_signature(receipt["payload"], work_secret).verified, "the library takes the receipt")

# Tokens that Covey makes, read by PyJWT.
claims = jwt.decode(made["token"], token_secret, algorithms=["HS256"], issuer="inkeep")
check(claims["app"] == app and claims["sub"].startswith("anon_"), f"the token of a visitor: {claims}")


# Tokens that PyJWT makes, read by Covey.
def chat(token):
    body = {"messages": [{"role": "user", "content": "Hi"}], "stream": False}
    return call("POST", "/run/api/chat", body, Authorization="Bearer " + token, x_inkeep_app_id=app)


now = int(time.time())
for name, key in KEYS.items():
    claims = {"sub": "ann", "iat": now, "exp": now + 600}
    token = jwt.encode(claims, key, algorithm=algorithm(name), headers={"kid": name})
    status, reply = chat(token)
    check(status == 200, f"{name}: {reply}")
    head, body, signature = token.split(".")
    changed = base64.urlsafe_b64decode(signature + "==")
    changed = bytes([changed[0] ^ 1]) + changed[1:]
    wrong = f"{head}.{body}." + base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    check(chat(wrong)[0] == 401, name + ": a changed signature")
    other = next(kid for kid in KEYS if algorithm(kid) != algorithm(name))
    check(chat(jwt.encode(claims, key, algorithm=algorithm(name), headers={"kid": other}))[0] == 401, name + ": a key")

print(f"{checked} checks passed")
