"""An S3 server (moto) on a free port of loopback that checks signatures: it prints its port and the keys of a user who
may use the bucket `files`, and ends when its standard input does."""

import json
import os
import sys

# The calls that make the user and the bucket come before anybody is known.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
port = server.get_host_and_port()[1]
anyone = {
    "endpoint_url": f"http://127.0.0.1:{port}",
    "region_name": "us-east-1",
    "aws_access_key_id": "x",
    "aws_secret_access_key": "x",
}
identities = boto3.client("iam", **anyone)
identities.create_user(UserName="covey")
identities.put_user_policy(
    UserName="covey",
    PolicyName="files",
    PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    ),
)
key = identities.create_access_key(UserName="covey")["AccessKey"]
boto3.client("s3", **anyone).create_bucket(Bucket="files")
print(json.dumps({"port": port, "id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
sys.stdin.read()
server.stop()
