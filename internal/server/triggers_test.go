package server_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/config"
)

// asItself is the head of a function that calls the server with the credentials of
// its role, as an SDK in it would.
const asItself = `const { createHash, createHmac, createDecipheriv, hkdfSync } = require("node:crypto")
const sha = text => createHash("sha256").update(text).digest("hex")
const mac = (key, text) => createHmac("sha256", key).update(text).digest()
const call = async (service, target, input) => {
  const body = JSON.stringify(input), url = new URL(process.env.AWS_ENDPOINT_URL), at = new Date().toISOString().replace(/[-:]|\.\d+/g, "")
  const headers = { "content-type": "application/x-amz-json-1.1", host: url.host, "x-amz-date": at, "x-amz-security-token": process.env.AWS_SESSION_TOKEN, "x-amz-target": target }
  const names = Object.keys(headers).sort(), steps = [at.slice(0, 8), process.env.AWS_REGION, service, "aws4_request"]
  const canonical = ["POST", "/", "", ...names.map(n => n + ":" + headers[n]), "", names.join(";"), sha(body)].join("\n")
  const key = steps.reduce(mac, "AWS4" + process.env.AWS_SECRET_ACCESS_KEY)
  const signature = mac(key, ["AWS4-HMAC-SHA256", at, steps.join("/"), sha(canonical)].join("\n")).toString("hex")
  headers.authorization = "AWS4-HMAC-SHA256 Credential=" + process.env.AWS_ACCESS_KEY_ID + "/" + steps.join("/") + ", SignedHeaders=" + names.join(";") + ", Signature=" + signature
  const answer = await fetch(url, { method: "POST", body, headers })
  const text = await answer.text()
  if (!answer.ok) throw new Error(text)
  return text ? JSON.parse(text) : {}
}
`

// doorkeeper is one function at every moment of a person's life in a pool.
const doorkeeper = asItself + `
exports.handler = async event => {
  const { request, response, userName } = event
  switch (event.triggerSource) {
    case "PreSignUp_SignUp":
      if (userName === "mallory") throw new Error("no")
      response.autoConfirmUser = response.autoVerifyEmail = userName === "ann"
      break
    case "PostConfirmation_ConfirmSignUp":
      await call("cognito-idp", "AWSCognitoIdentityProviderService.AdminUpdateUserAttributes", {
        UserPoolId: event.userPoolId, Username: userName, UserAttributes: [{ Name: "nickname", Value: "confirmed " + userName }] })
      break
    case "TokenGeneration_Authentication":
      response.claimsAndScopeOverrideDetails = {
        idTokenGeneration: { claimsToAddOrOverride: { plan: "gold" } },
        accessTokenGeneration: { claimsToAddOrOverride: { plan: "gold" }, scopesToAdd: ["shop/read"] } }
      break
    case "UserMigration_Authentication":
      if (userName !== "carl" || request.password !== "Carls-Old-Word-1") throw new Error("who?")
      response.userAttributes = { email: "carl@example.com", email_verified: "true" }
      response.finalUserStatus = "CONFIRMED"
      response.messageAction = "SUPPRESS"
      break
    case "CustomMessage_SignUp":
      response.emailSubject = "Welcome to the club"
      response.emailMessage = "Dear " + userName + ", say " + request.codeParameter + " at the door."
      break
  }
  return event
}`

// keeper makes a Node function that no service may call yet, as a role that may do
// what the policy says.
func (w *world) keeper(t testing.TB, name, source, policy string, variables map[string]string) (arn string) {
	t.Helper()
	role := w.role(t, name)
	w.mayDo(t, name, policy)
	return *must(w.lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: &role, Runtime: lambdatypes.RuntimeNodejs22x, Handler: aws.String("index.handler"), Timeout: aws.Int32(30),
		Code: &lambdatypes.FunctionCode{ZipFile: zipped(t, "index.js", source)}, Environment: &lambdatypes.Environment{Variables: variables},
	}))(t).FunctionArn
}

func (w *world) permit(t testing.TB, function, statement, source string) {
	t.Helper()
	must(w.lambda.AddPermission(t.Context(), &lambda.AddPermissionInput{
		FunctionName: &function, StatementId: &statement, Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("cognito-idp.amazonaws.com"), SourceArn: &source,
	}))(t)
}

// club is a pool whose triggers are all one function in a real process.
func (w *world) club(t testing.TB) (p people, keeper string) {
	t.Helper()
	ctx := t.Context()
	keeper = w.keeper(t, "doorkeeper", doorkeeper,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"cognito-idp:AdminUpdateUserAttributes","Resource":"*"}}`, nil)
	pool := must(w.pools.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("club"),
		AutoVerifiedAttributes: []idptypes.VerifiedAttributeType{"email"},
		LambdaConfig: &idptypes.LambdaConfigType{PreSignUp: &keeper, PostConfirmation: &keeper, UserMigration: &keeper, CustomMessage: &keeper,
			PreTokenGenerationConfig: &idptypes.PreTokenGenerationVersionConfigType{LambdaArn: &keeper, LambdaVersion: "V2_0"}},
	}))(t).UserPool
	client := must(w.pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("app"),
		ExplicitAuthFlows: []idptypes.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}))(t).UserPoolClient
	return people{pool: *pool.Id, arn: *pool.Arn, client: *client.ClientId}, keeper
}

func (w *world) signUp(t testing.TB, p people, name string) (*idp.SignUpOutput, error) {
	return w.pools.SignUp(t.Context(), &idp.SignUpInput{ClientId: &p.client, Username: &name, Password: aws.String(password),
		UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: aws.String(name + "@example.com")}}})
}

func (w *world) userOf(t testing.TB, p people, name string) map[string]string {
	t.Helper()
	out := must(w.pools.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: &p.pool, Username: &name}))(t)
	all := map[string]string{"status": string(out.UserStatus)}
	for _, a := range out.UserAttributes {
		all[*a.Name] = *a.Value
	}
	return all
}

func TestAFunctionStandsAtTheDoorOfAPool(t *testing.T) {
	w := start(t, config.Config{}, nil)
	ctx := t.Context()
	p, keeper := w.club(t)

	// Without a permission, or with one for others, the function never runs, and the
	// client does not hear why.
	for statement, permission := range map[string]*lambda.AddPermissionInput{
		"none":     nil,
		"longer":   {Principal: aws.String("cognito-idp.amazonaws.com"), SourceArn: aws.String(p.arn + "X")},
		"another":  {Principal: aws.String("cognito-idp.amazonaws.com"), SourceArn: aws.String(p.arn[:len(p.arn)-9] + "AAAAAAAAA")},
		"account":  {Principal: aws.String("cognito-idp.amazonaws.com"), SourceAccount: aws.String("111111111111")},
		"identity": {Principal: aws.String("cognito-identity.amazonaws.com"), SourceArn: &p.arn},
		"gateway":  {Principal: aws.String("apigateway.amazonaws.com")},
		"action":   {Principal: aws.String("cognito-idp.amazonaws.com"), SourceArn: &p.arn, Action: aws.String("lambda:GetFunction")},
	} {
		if permission != nil {
			permission.FunctionName, permission.StatementId = &keeper, &statement
			if permission.Action == nil {
				permission.Action = aws.String("lambda:InvokeFunction")
			}
			must(w.lambda.AddPermission(ctx, permission))(t)
		}
		_, err := w.signUp(t, p, "ann")
		if err == nil || !strings.HasSuffix(err.Error(), "UnexpectedLambdaException: PreSignUp invocation failed due to error AccessDeniedException.") {
			t.Errorf("permission %s: %v", statement, err)
		}
		if permission != nil {
			must(w.lambda.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: &keeper, StatementId: &statement}))(t)
		}
	}
	if n := must(w.pools.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: &p.pool}))(t).Users; len(n) != 0 {
		t.Fatalf("%d people are there", len(n))
	}
	w.permit(t, keeper, "pool", p.arn)

	_, err := w.signUp(t, p, "mallory")
	if err == nil || code(err) != "UserLambdaValidationException" || !strings.HasSuffix(err.Error(), "PreSignUp failed with error no.") {
		t.Errorf("got %v", err)
	}
	if out := must(w.signUp(t, p, "ann"))(t); !out.UserConfirmed {
		t.Error("the function's word confirms nobody")
	}
	if ann := w.userOf(t, p, "ann"); ann["status"] != "CONFIRMED" || ann["email_verified"] != "true" || ann["nickname"] != "confirmed ann" {
		t.Errorf("ann is %v", ann)
	}
	if out := must(w.signUp(t, p, "bea"))(t); out.UserConfirmed {
		t.Error("bea is confirmed")
	}
	mail := w.asked(t, "GET", "/_sallyport/outbox?to=bea@example.com", rootKey, rootSecret, nil).body
	_, rest, found := strings.Cut(mail, "Dear bea, say ")
	if !found || !strings.Contains(rest, " at the door.") || !strings.Contains(mail, "Welcome to the club") {
		t.Fatalf("the mail is %s", mail)
	}
	must(w.pools.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: &p.client, Username: aws.String("bea"), ConfirmationCode: aws.String(rest[:6])}))(t)
	if bea := w.userOf(t, p, "bea"); bea["status"] != "CONFIRMED" || bea["nickname"] != "confirmed bea" {
		t.Errorf("bea is %v", bea)
	}

	p.user = "ann"
	tokens := w.signIn(t, p)
	if c := claimsIn(t, *tokens.AccessToken); c["plan"] != "gold" || c["scope"] != "aws.cognito.signin.user.admin shop/read" {
		t.Errorf("the access token says %v", c)
	}
	api := w.api(t, p.arn, w.function(t, "counting", counting))
	r := w.send(t, "GET", "/_aws/execute-api/"+api+"/prod/", "", "Authorization", *tokens.IdToken)
	var seen struct{ Claims map[string]any }
	if r.status != 200 || json.Unmarshal([]byte(r.body), &seen) != nil || seen.Claims["plan"] != "gold" {
		t.Errorf("the guarded function sees %d %s", r.status, r.body)
	}

	// Carl comes with his password of elsewhere, and has it from then on.
	carl := func(word string) error {
		_, err := w.pools.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &p.client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "carl", "PASSWORD": word}})
		return err
	}
	if err := carl("Carls-Bad-Word-1"); err == nil || code(err) != "UserNotFoundException" {
		t.Errorf("a wrong password elsewhere: %v", err)
	}
	for range 2 {
		if err := carl("Carls-Old-Word-1"); err != nil {
			t.Errorf("carl: %v", err)
		}
		must(w.pools.UpdateUserPool(ctx, &idp.UpdateUserPoolInput{UserPoolId: &p.pool}))(t) // no triggers any more
	}
	if c := w.userOf(t, p, "carl"); c["status"] != "CONFIRMED" || c["email"] != "carl@example.com" {
		t.Errorf("carl is %v", c)
	}
}

// claimsIn is what a token says, unproved.
func claimsIn(t testing.TB, token string) (claims map[string]any) {
	t.Helper()
	body := must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1]))(t)
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
