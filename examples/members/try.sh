#!/bin/sh
# Walks through a member's life in the club, and prints what each step answered:
# sign-up, code, sign-in, the guarded API, an authenticator app, refresh, sign-out.
# It needs the AWS CLI, curl 7.75 or newer and Node.js; the server is the one that
# "up" has started.
#
#   examples/members/try.sh
#
# It exits with 0 if every step answered as it should.
set -eu
url=${SALLYPORT_URL:-http://127.0.0.1:4566}
region=${AWS_REGION:-us-east-1}
if ! command -v sallyport >/dev/null; then
  tree=$(cd "$(dirname "$0")/../.." && pwd)
  sallyport() { go run -C "$tree" ./cmd/sallyport "$@"; }
fi
[ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || eval "$(sallyport env)"
aws() { command aws --endpoint-url "$url" --region "$region" --output text "$@"; }

pool=$(aws cognito-idp list-user-pools --max-results 60 --query "UserPools[?Name=='members'].Id | [0]")
client=$(aws cognito-idp list-user-pool-clients --user-pool-id "$pool" --query "UserPoolClients[0].ClientId")
door=$(aws apigatewayv2 get-apis --query "Items[?Name=='club'].ApiEndpoint | [0]")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
export XDG_CONFIG_HOME="$work" # the tokens that "login --save" keeps go with it

someone=ann.$(date +%s).$$
member=$someone@pizza.example
password=$(head -c 15 /dev/urandom | base64)

: >"$work/access"

wrong=0
step() { # WHAT-IT-SAYS WHAT-IS-DONE COMMAND...: the words that its answer must hold
  says=$1 what=$2
  shift 2
  mark=' '
  "$@" >"$work/answer" 2>&1 || true
  grep -qF -- "$says" "$work/answer" || { mark=!; wrong=1; }
  # No token is printed.
  printf '%s %-42s %s\n' "$mark" "$what" "$(tr -s '\n\t' '  ' <"$work/answer" | sed 's/eyJ[A-Za-z0-9._=-]*/(a token)/g' | cut -c1-130)"
}

# Secrets go in by files and pipes: arguments of a command can be read by every user.
call() { # OPERATION JSON: what whoever has no AWS credentials may call
  printf '%s' "$2" >"$work/input"
  aws cognito-idp "$1" --no-sign-request --cli-input-json "file://$work/input"
}
sign_up() { call sign-up "{\"ClientId\": \"$client\", \"Username\": \"$1\", \"Password\": \"$password\"}"; }
confirm() { call confirm-sign-up "{\"ClientId\": \"$client\", \"Username\": \"$member\", \"ConfirmationCode\": \"$1\"}"; }
silent() { "$@" && echo done; } # what answers nothing
with_token() { call "$1" "{\"AccessToken\": \"$(cat "$work/access")\"$2}"; }
login() { sallyport login --endpoint "$url" --user-pool "$pool" --client "$client" --user "$member" --output access-token "$@"; }
sign_in() { printf '%s\n' "$password" "$@" | login --password-stdin --save >"$work/access" && echo signed in; }
knock() { # PATH: the API, with the access token if there is one
  echo "header = \"Authorization: Bearer $(cat "$work/access")\"" >"$work/curl"
  [ -s "$work/access" ] || : >"$work/curl"
  curl --silent --show-error --config "$work/curl" --write-out ' %{http_code}' "$door$1"
}
app_code() { # STEPS: what an authenticator app shows, as many times 30 seconds from now
  node -e '
    const bits = [...process.argv[1]].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
    const seed = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
    const step = Buffer.alloc(8);
    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + Number(process.argv[2])));
    const mac = require("crypto").createHmac("sha1", seed).update(step).digest();
    console.log(String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, "0"));' "$(cat "$work/seed")" "$1"
}

step 'Members have an address at pizza.example' 'sign up as somebody else' sign_up "$someone@elsewhere.example"
step 'False' 'sign up' sign_up "$member"
step 'User is not confirmed' 'sign in, too early' sign_in
step 'Welcome to the club' 'the mail' sallyport outbox --to "$member"
code=$(sallyport outbox --to "$member" --json | tail -1 | sed 's/.*"code":"\([0-9]*\)".*/\1/')
step 'Invalid verification code' 'confirm, with a wrong code' confirm "$(printf '%s' "$code" | tr 0-9 1-90)"
step done 'confirm' silent confirm "$code"
step ' 401' 'enter as a stranger' knock /
step 'signed in' 'sign in by SRP' sign_in
step '"membership":"gold"} 200' 'enter' knock /
step ' 403' 'enter the cellar' knock /cellar

with_token associate-software-token '' | awk '{print $1}' >"$work/seed"
step 'SUCCESS' 'add an authenticator app' with_token verify-software-token ", \"UserCode\": \"$(app_code 0)\""
step done 'ask for it at each sign-in' silent with_token set-user-mfa-preference ', "SoftwareTokenMfaSettings": {"Enabled": true, "PreferredMfa": true}'
step 'Code of your authenticator app' 'sign in without its code' sign_in
step 'signed in' 'sign in with its code' sign_in "$(app_code 1)"

login --refresh >"$work/access"
step '"membership":"gold"} 200' 'enter with a refreshed token' knock /
step done 'sign out' silent with_token global-sign-out ''
step 'Refresh Token has been revoked' 'refresh afterwards' login --refresh
step 'Access Token has been revoked' 'ask the pool afterwards' with_token get-user ''
step ' 200' 'enter afterwards: until the token is over' knock /

[ $wrong = 0 ] || { echo 'A step did not answer as it should: see the lines with !' >&2; exit 1; }
echo 'Every step answered as it should. Why? sallyport requests, sallyport explain ID'
