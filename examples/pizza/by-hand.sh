#!/bin/sh
# The guarded pizza API, made by hand with nothing but the AWS CLI.
#
# In one terminal:   go run ./cmd/sallyport up
# In another:        examples/pizza/by-hand.sh
#
# It needs the AWS CLI, curl, python3 and Go. What it makes it leaves behind,
# so that you can look at it; run it as often as you like.
set -eu
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/sallyport" ./cmd/sallyport

# The endpoint, the region, and the root key of the server's account.
url=${SALLYPORT_URL:-http://127.0.0.1:4566}
[ -n "${AWS_SECRET_ACCESS_KEY:-}" ] || eval "$("$work/sallyport" env)"
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-us-east-1}" AWS_PAGER=
aws() { command aws --endpoint-url "$url" --output text "$@"; }
step() { printf '\n== %s\n' "$*"; }

step "Who am I?"
account=$(aws sts get-caller-identity --query Account)
echo "the root of account $account"

step "A user pool: people sign in by name, with a password of 8 characters or more"
pool=$(aws cognito-idp create-user-pool --pool-name pizza \
  --mfa-configuration OFF \
  --policies '{"PasswordPolicy":{"MinimumLength":8,"RequireNumbers":true,"RequireSymbols":true,"RequireLowercase":true,"RequireUppercase":false}}' \
  --query UserPool.Id)
pool_arn=$(aws cognito-idp describe-user-pool --user-pool-id "$pool" --query UserPool.Arn)
echo "$pool_arn"

step "An app client with a secret"
client=$(aws cognito-idp create-user-pool-client --user-pool-id "$pool" --client-name pizza-app \
  --generate-secret --explicit-auth-flows ALLOW_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH \
  --query UserPoolClient.ClientId)
aws cognito-idp describe-user-pool-client --user-pool-id "$pool" --client-id "$client" \
  --query UserPoolClient.ClientSecret >"$work/secret"
echo "$client"

step "A user: she must change her password, until an administrator sets one for good"
aws cognito-idp admin-create-user --user-pool-id "$pool" --username regular \
  --message-action SUPPRESS --query User.UserStatus
aws cognito-idp admin-set-user-password --user-pool-id "$pool" --username regular \
  --password 'pineapple-4-ever' --permanent
aws cognito-idp admin-get-user --user-pool-id "$pool" --username regular --query UserStatus

step "Signing in: user name, password, and the proof that the app knows its secret"
hash=$("$work/sallyport" secret-hash --username regular --client-id "$client" --client-secret-stdin <"$work/secret")
aws cognito-idp initiate-auth --client-id "$client" --auth-flow USER_PASSWORD_AUTH \
  --auth-parameters "USERNAME=regular,PASSWORD=pineapple-4-ever,SECRET_HASH=$hash" \
  --query AuthenticationResult.IdToken >"$work/id-token"
"$work/sallyport" token inspect - <"$work/id-token"

step "A role for the function: Lambda may assume it, and it may write its log and nothing else"
function=pizza-$(date +%s)-$$
role_arn=$(aws iam create-role --role-name "$function" --assume-role-policy-document '{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}' --query Role.Arn)
aws iam attach-role-policy --role-name "$function" \
  --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
echo "$role_arn"

step "A function, from a zip"
CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -o "$work/bootstrap" ./examples/pizza/function
(cd "$work" && python3 -m zipfile -c function.zip bootstrap)
function_arn=$(aws lambda create-function --function-name "$function" \
  --runtime provided.al2023 --handler bootstrap --zip-file "fileb://$work/function.zip" \
  --role "$role_arn" --query FunctionArn)
echo "$function_arn"

step "A REST API with an authorizer on the pool, and one guarded method on /"
api=$(aws apigateway create-rest-api --name pizza-api --query id)
root=$(aws apigateway get-resources --rest-api-id "$api" --query 'items[0].id')
authorizer=$(aws apigateway create-authorizer --rest-api-id "$api" --name pizza-people \
  --type COGNITO_USER_POOLS --provider-arns "$pool_arn" \
  --identity-source method.request.header.Authorization --query id)
aws apigateway put-method --rest-api-id "$api" --resource-id "$root" --http-method GET \
  --authorization-type COGNITO_USER_POOLS --authorizer-id "$authorizer" >"$work/log"
aws apigateway put-integration --rest-api-id "$api" --resource-id "$root" --http-method GET \
  --type AWS_PROXY --integration-http-method POST \
  --uri "arn:aws:apigateway:$AWS_DEFAULT_REGION:lambda:path/2015-03-31/functions/$function_arn/invocations" >"$work/log"

step "The API may run the function, and nobody else may"
aws lambda add-permission --function-name "$function" --statement-id api \
  --action lambda:InvokeFunction --principal apigateway.amazonaws.com \
  --source-arn "arn:aws:execute-api:$AWS_DEFAULT_REGION:$account:$api/*/GET/" >"$work/log"
aws apigateway create-deployment --rest-api-id "$api" --stage-name latest --query id

# The token goes in by a file: arguments of a command can be read by every
# user of the machine.
call="$url/_aws/execute-api/$api/latest/"
printf 'header = "Authorization: %s"\n' "$(cat "$work/id-token")" >"$work/curl"

step "A stranger: curl $call"
status=$(curl -s -o "$work/answer" -w '%{http_code}' "$call")
echo "$status $(cat "$work/answer")"
[ "$status" = 401 ] && [ "$(cat "$work/answer")" = '{"message":"Unauthorized"}' ]

step "The signed-in user: curl -H 'Authorization: ...' $call"
status=$(curl -s -K "$work/curl" -o "$work/answer" -w '%{http_code}' "$call")
echo "$status $(cat "$work/answer")"
[ "$status" = 200 ] && grep -q Welcome "$work/answer"
