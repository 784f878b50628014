#!/bin/sh
# Calls the shop as somebody: signs in, gets credentials, signs the request.
#
#   examples/shop/as.sh stefan GET /menu
#   examples/shop/as.sh carla POST /inventory '{"bread": 12}'
#   examples/shop/as.sh guest GET /menu
#
# It needs the AWS CLI and curl 7.75 or newer, and asks for the password that
# "up" has shown, unless that is in PASSWORD. It exits with 0 if the answer is
# a 200, with 22 if it is another, whose request id it then shows.
set -eu
[ $# -ge 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
who=$1 verb=$2 path=$3 body=${4:-}

url=${SALLYPORT_URL:-http://127.0.0.1:4566}
region=${AWS_REGION:-us-east-1}
# An app has no key of its own, so none is used: these calls are public.
app() { command aws --endpoint-url "$url" --region "$region" --no-sign-request --output text "$@"; }

# What an app is built with: POOL_ID, CLIENT_ID, IDENTITY_POOL_ID, API_URL. Root
# looks it up by name if it is not given.
if [ -z "${POOL_ID:-}" ]; then
  [ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || eval "$(cd "$(dirname "$0")/../.." && go run ./cmd/sallyport env)"
  root() { command aws --endpoint-url "$url" --region "$region" --output text "$@"; }
  POOL_ID=$(root cognito-idp list-user-pools --max-results 60 --query "UserPools[?Name=='shop'].Id | [0]")
  CLIENT_ID=$(root cognito-idp list-user-pool-clients --user-pool-id "$POOL_ID" --query "UserPoolClients[?ClientName=='shop-app'].ClientId | [0]")
  IDENTITY_POOL_ID=$(root cognito-identity list-identity-pools --max-results 60 --query "IdentityPools[?IdentityPoolName=='shop'].IdentityPoolId | [0]")
  API_URL=$url/_aws/execute-api/$(root apigateway get-rest-apis --query "items[?name=='shop-api'].id | [0]")/Prod
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
quoted() { printf '%s' "$1" | sed 's/[\\"]/\\&/g; 1s/^/"/; $s/$/"/'; }

# 1. Name and password against an ID token. Secrets go in by files: arguments
#    of a command can be read by every user of the machine.
logins='{}'
if [ "$who" != guest ]; then
  if [ -z "${PASSWORD:-}" ]; then
    printf 'Password of %s: ' "$who" >&2
    [ ! -t 0 ] || stty -echo
    read -r PASSWORD
    [ ! -t 0 ] || stty echo
    echo >&2
  fi
  cat >"$work/sign-in.json" <<JSON
{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "$CLIENT_ID", "AuthParameters": {"USERNAME": $(quoted "$who"), "PASSWORD": $(quoted "$PASSWORD")}}
JSON
  app cognito-idp initiate-auth --cli-input-json "file://$work/sign-in.json" --query AuthenticationResult.IdToken >"$work/token"
  logins="{\"cognito-idp.$region.amazonaws.com/$POOL_ID\": \"$(cat "$work/token")\"}"
fi

# 2. The token, or nothing, against an identity, and that against credentials
#    of the role that the token names. They are good for an hour.
cat >"$work/who.json" <<JSON
{"IdentityPoolId": "$IDENTITY_POOL_ID", "Logins": $logins}
JSON
identity=$(app cognito-identity get-id --cli-input-json "file://$work/who.json" --query IdentityId)
cat >"$work/identity.json" <<JSON
{"IdentityId": "$identity", "Logins": $logins}
JSON
app cognito-identity get-credentials-for-identity --cli-input-json "file://$work/identity.json" \
  --query 'Credentials.[AccessKeyId, SecretKey, SessionToken]' >"$work/credentials"
read -r key secret session <"$work/credentials"

# 3. The signed request. With an SDK: its signer, and the service execute-api.
cat >"$work/curl" <<CURL
user = "$key:$secret"
header = "X-Amz-Security-Token: $session"
CURL
set -- --silent --show-error --config "$work/curl" --aws-sigv4 "aws:amz:$region:execute-api" --request "$verb"
if [ -n "$body" ]; then
  set -- "$@" --header 'Content-Type: application/json' --data "$body"
fi
status=$(curl "$@" --dump-header "$work/headers" --output "$work/answer" --write-out '%{http_code}' "$API_URL$path")
echo "$status $(cat "$work/answer")"
[ "$status" = 200 ] || {
  id=$(tr -d '\r' <"$work/headers" | awk 'tolower($1) == "x-amzn-requestid:" { print $2 }')
  echo "Why? sallyport explain $id" >&2
  exit 22
}
