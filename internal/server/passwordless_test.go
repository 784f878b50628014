package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/config"
)

// passwordless is one function in three roles: who knows the secret of the day
// for their mail address comes in, with three tries.
const passwordless = `const { createHash } = require("crypto")
const secretOf = mail => createHash("sha256").update("of the day " + mail).digest("hex").slice(0, 8)
exports.handler = async event => {
  const { request, response } = event
  switch (event.triggerSource) {
    case "DefineAuthChallenge_Authentication": {
      const last = request.session.at(-1)
      response.issueTokens = Boolean(last && last.challengeResult) && !request.userNotFound
      response.failAuthentication = !response.issueTokens && request.session.length >= 3
      if (!response.issueTokens && !response.failAuthentication) response.challengeName = "CUSTOM_CHALLENGE"
      break
    }
    case "CreateAuthChallenge_Authentication":
      response.publicChallengeParameters = { try: String(request.session.length + 1) }
      response.privateChallengeParameters = { secret: secretOf(request.userAttributes.email || "nobody") }
      response.challengeMetadata = "MAIL"
      break
    case "VerifyAuthChallengeResponse_Authentication":
      response.answerCorrect = request.privateChallengeParameters.secret === request.challengeAnswer && !request.userNotFound
      break
    default:
      throw new Error("what is " + event.triggerSource + "?")
  }
  return event
}`

// People come in without a password, past a function in a real Node process.
func TestPeopleComeInWithoutAPassword(t *testing.T) {
	w := start(t, config.Config{}, nil)
	ctx := t.Context()
	door := w.function(t, "door", passwordless)
	pool := must(w.pools.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("doors"), LambdaConfig: &idptypes.LambdaConfigType{
		DefineAuthChallenge: &door, CreateAuthChallenge: &door, VerifyAuthChallengeResponse: &door,
	}}))(t).UserPool
	client := must(w.pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: pool.Id, ClientName: aws.String("web"), PreventUserExistenceErrors: "ENABLED",
		ExplicitAuthFlows: []idptypes.ExplicitAuthFlowsType{"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
	}))(t).UserPoolClient.ClientId
	must(w.pools.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("ann"), MessageAction: "SUPPRESS",
		UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: aws.String("ann@example.com")}}}))(t)
	must(w.pools.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("Never-Used-7"), Permanent: true}))(t)

	knock := func(name string) (*idp.InitiateAuthOutput, error) {
		return w.pools.InitiateAuth(ctx, &idp.InitiateAuthInput{AuthFlow: "CUSTOM_AUTH", ClientId: client, AuthParameters: map[string]string{"USERNAME": name}})
	}
	answer := func(name string, session *string, secret string) (*idp.RespondToAuthChallengeOutput, error) {
		return w.pools.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{
			ClientId: client, ChallengeName: "CUSTOM_CHALLENGE", Session: session, ChallengeResponses: map[string]string{"USERNAME": name, "ANSWER": secret},
		})
	}
	if _, err := knock("ann"); err == nil {
		t.Fatal("the pool runs a function that does not permit it")
	}
	must(lambda.NewFromConfig(w.aws).AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: &door, StatementId: aws.String("doors"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("cognito-idp.amazonaws.com"), SourceArn: pool.Arn,
	}))(t)

	sum := sha256.Sum256([]byte("of the day ann@example.com"))
	secret := hex.EncodeToString(sum[:])[:8]
	first := must(knock("ann"))(t)
	if first.ChallengeName != "CUSTOM_CHALLENGE" || first.ChallengeParameters["try"] != "1" || first.ChallengeParameters["USERNAME"] != "ann" {
		t.Fatalf("asked %s %v", first.ChallengeName, first.ChallengeParameters)
	}
	second := must(answer("ann", first.Session, "00000000"))(t)
	if second.ChallengeParameters["try"] != "2" {
		t.Fatalf("after a wrong answer: %s %v", second.ChallengeName, second.ChallengeParameters)
	}
	done := must(answer("ann", second.Session, secret))(t)
	if done.AuthenticationResult == nil {
		t.Fatalf("after the right one: %s", done.ChallengeName)
	}
	who := must(w.pools.GetUser(ctx, &idp.GetUserInput{AccessToken: done.AuthenticationResult.AccessToken}))(t)
	if *who.Username != "ann" {
		t.Errorf("signed in as %s", *who.Username)
	}
	for _, name := range []string{"ann", "nobody"} {
		out, err := knock(name)
		session := out.Session
		for range 3 {
			if err != nil {
				t.Fatal(err)
			}
			var next *idp.RespondToAuthChallengeOutput
			if next, err = answer(name, session, "00000000"); err == nil {
				session = next.Session
			}
		}
		if err == nil {
			t.Errorf("%s has a fourth try", name)
		}
	}
}
