#!/bin/sh
# Knocks at every door of the kitchen, with the right key and with others, and
# prints what each answered. It needs the AWS CLI and curl 7.75 or newer, and asks
# for the two passwords that "up" has shown, unless they are in GINA and CARLO.
#
#   examples/kitchen/try.sh
#
# It exits with 0 if every door answered as it should.
set -eu
url=${SALLYPORT_URL:-http://127.0.0.1:4566}
region=${AWS_REGION:-us-east-1}
[ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || eval "$(cd "$(dirname "$0")/../.." && go run ./cmd/sallyport env)"
root() { command aws --endpoint-url "$url" --region "$region" --output text "$@"; }

guests=$(root cognito-idp list-user-pools --max-results 60 --query "UserPools[?Name=='kitchen-guests'].Id | [0]")
cooks=$(root cognito-idp list-user-pools --max-results 60 --query "UserPools[?Name=='kitchen-cooks'].Id | [0]")
guest_app=$(root cognito-idp list-user-pool-clients --user-pool-id "$guests" --query "UserPoolClients[0].ClientId")
cook_app=$(root cognito-idp list-user-pool-clients --user-pool-id "$cooks" --query "UserPoolClients[0].ClientId")
kitchen=$url/_aws/execute-api/$(root apigateway get-rest-apis --query "items[?name=='kitchen'].id | [0]")/Prod
# By its host, as at AWS: its default stage has no name there that would have to
# be signed. curl takes every *.localhost for this machine.
orders=$(root apigatewayv2 get-apis --query "Items[?Name=='orders'].ApiEndpoint | [0]")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077

# Secrets go in by files: arguments of a command can be read by every user.
password() { # NAME VALUE: the value, or what is typed
  value=$2
  if [ -z "$value" ]; then
    printf 'Password of %s: ' "$1" >&2
    [ ! -t 0 ] || stty -echo
    read -r value
    [ ! -t 0 ] || stty echo
    echo >&2
  fi
  printf '%s' "$value" | sed 's/[\\"]/\\&/g'
}
sign_in() { # NAME PASSWORD CLIENT: writes NAME.id and NAME.access, for curl
  cat >"$work/sign-in" <<JSON
{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "$3", "AuthParameters": {"USERNAME": "$1", "PASSWORD": "$(password "$1" "$2")"}}
JSON
  root cognito-idp initiate-auth --no-sign-request --cli-input-json "file://$work/sign-in" --query 'AuthenticationResult.[IdToken, AccessToken]' >"$work/tokens"
  read -r id access <"$work/tokens"
  echo "header = \"Authorization: Bearer $id\"" >"$work/$1.id"
  echo "header = \"Authorization: Bearer $access\"" >"$work/$1.access"
}
sign_in gina "${GINA:-}" "$guest_app"
sign_in carlo "${CARLO:-}" "$cook_app"
echo "header = \"X-Partner-Key: ${PARTNER_KEY:-a-key-for-trying}\"" >"$work/partner"
echo 'header = "X-Partner-Key: guessed"' >"$work/stranger"
cat >"$work/signed" <<CURL
user = "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"
aws-sigv4 = "aws:amz:$region:execute-api"
CURL
: >"$work/nobody"

wrong=0
knock() { # STATUS WHO VERB API PATH
  status=$(curl --silent --show-error --config "$work/$2" --request "$3" --output "$work/answer" --write-out '%{http_code}' "$4$5")
  mark=' '
  [ "$status" = "$1" ] || { mark=!; wrong=1; }
  printf '%s %s  %-12s %-4s %-10s %s\n' "$mark" "$status" "$2" "$3" "$5" "$(head -c 150 "$work/answer")"
}

echo 'The kitchen, a REST API'
for door in 'GET /' 'POST /pizzas' 'GET /stock' 'POST /close'; do
  verb=${door% *} path=${door#* }
  for who in nobody gina.id gina.access carlo.id partner stranger signed; do
    case "$door $who" in
    'GET / gina.id' | 'POST /pizzas carlo.id' | 'GET /stock partner' | 'POST /close signed') want=200 ;;
    'GET /stock stranger') want=403 ;; # the function says no
    'POST /close '*) want=403 ;;
    *) want=401 ;;
    esac
    knock $want $who "$verb" "$kitchen" "$path"
  done
done
echo 'Orders, an HTTP API'
for door in 'GET /orders' 'POST /orders' 'GET /stock' 'POST /close'; do
  verb=${door% *} path=${door#* }
  for who in nobody gina.id gina.access carlo.id partner stranger signed; do
    case "$door $who" in
    'GET /orders gina.id' | 'GET /orders gina.access' | 'POST /orders gina.access' | 'GET /stock partner' | 'POST /close signed') want=200 ;;
    'POST /orders gina.id' | 'GET /stock stranger' | 'POST /close '*) want=403 ;;
    *) want=401 ;;
    esac
    knock $want $who "$verb" "$orders" "$path"
  done
done
[ $wrong = 0 ] || { echo 'A door did not answer as it should: see the lines with !' >&2; exit 1; }
echo 'Every door answered as it should. Why? sallyport requests, sallyport explain ID'
