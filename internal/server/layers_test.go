package server_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/sallyport/sallyport/internal/config"
)

// door is an API that answers of itself to whoever may sign for GET or POST on
// its root, and the account whose policies say who that is.
type door struct {
	*world
	iam *iam.Client
	api string
}

func openDoor(t testing.TB) *door {
	t.Helper()
	w := start(t, config.Config{}, nil)
	ctx := t.Context()
	d := &door{world: w, iam: iam.NewFromConfig(w.aws)}
	made := must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("door")}))(t)
	d.api = *made.Id
	for _, verb := range []string{"GET", "POST"} {
		must(w.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &d.api, ResourceId: made.RootResourceId, HttpMethod: &verb, AuthorizationType: aws.String("AWS_IAM")}))(t)
		must(w.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &d.api, ResourceId: made.RootResourceId, HttpMethod: &verb,
			Type: apitypes.IntegrationTypeMock, RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`}}))(t)
		must(w.apis.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &d.api, ResourceId: made.RootResourceId, HttpMethod: &verb, StatusCode: aws.String("200")}))(t)
		must(w.apis.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: &d.api, ResourceId: made.RootResourceId, HttpMethod: &verb, StatusCode: aws.String("200")}))(t)
	}
	must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &d.api, StageName: aws.String("prod")}))(t)
	return d
}

// knock signs a request by the SDK's signer and sends it; status and message.
func (d *door) knock(t testing.TB, who aws.Credentials, verb string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), verb, d.url+"/_aws/execute-api/"+d.api+"/prod/", nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(context.Background(), who, r, hex.EncodeToString(empty[:]), "execute-api", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	got := must(http.DefaultTransport.RoundTrip(r))(t)
	defer got.Body.Close()
	var body struct{ Message string } // AWS writes it with a small and with a capital letter
	if text := must(io.ReadAll(got.Body))(t); len(text) > 0 {
		if err := json.Unmarshal(text, &body); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return got.StatusCode, body.Message
}

func (d *door) expect(t testing.TB, what string, who aws.Credentials, verb string, status int, message string) {
	t.Helper()
	if got, text := d.knock(t, who, verb); got != status || !strings.HasSuffix(text, message) {
		t.Errorf("%s: %s: %d %q, want %d %q", what, verb, got, text, status, message)
	}
}

// may is a policy of one statement for a verb of the API.
func (d *door) may(effect, verb string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"` + effect + `","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:` + d.api + `/*/` + verb + `/*"}}`
}

// newcomer makes a user with a key and one policy.
func (d *door) newcomer(t testing.TB, name, policy string) aws.Credentials {
	t.Helper()
	ctx := t.Context()
	must(d.iam.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(t)
	d.says(t, name, "own", policy)
	key := must(d.iam.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name}))(t).AccessKey
	return aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
}

func (d *door) says(t testing.TB, user, name, policy string) {
	t.Helper()
	must(d.iam.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &user, PolicyName: &name, PolicyDocument: &policy}))(t)
}

func temporary(c *ststypes.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}

const (
	noIdentityPolicy = " because no identity-based policy allows the execute-api:Invoke action"
	deniedByIdentity = " with an explicit deny in an identity-based policy"
)

func TestEveryLayerOfPoliciesGuardsASignedMethod(t *testing.T) {
	d := openDoor(t)
	ctx := t.Context()

	root := aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: rootSecret}
	d.expect(t, "root", root, "POST", 200, "")

	ann := d.newcomer(t, "ann", d.may("Allow", "GET"))
	d.expect(t, "a user", ann, "GET", 200, "")
	d.expect(t, "a user", ann, "POST", 403, noIdentityPolicy)
	d.says(t, "ann", "more", d.may("Allow", "*"))
	d.expect(t, "with more policies", ann, "POST", 200, "")
	d.says(t, "ann", "less", d.may("Deny", "POST"))
	d.expect(t, "with a denial", ann, "POST", 403, deniedByIdentity)
	d.expect(t, "with a denial", ann, "GET", 200, "")

	bob := d.newcomer(t, "bob", d.may("Allow", "*"))
	boundary := must(d.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: aws.String("readers"), PolicyDocument: aws.String(d.may("Allow", "GET"))}))(t).Policy.Arn
	must(d.iam.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("bob"), PermissionsBoundary: boundary}))(t)
	d.expect(t, "within a boundary", bob, "GET", 200, "")
	d.expect(t, "beyond a boundary", bob, "POST", 403, " because no permissions boundary allows the execute-api:Invoke action")

	trust := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account + `:root"},"Action":"sts:AssumeRole"}}`
	cook := must(d.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("cook"), AssumeRolePolicyDocument: &trust}))(t).Role.Arn
	must(d.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("cook"), PolicyName: aws.String("p"), PolicyDocument: aws.String(d.may("Allow", "*"))}))(t)
	d.says(t, "ann", "assume", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}`)
	asAnn := sts.NewFromConfig(d.aws, func(o *sts.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return ann, nil })
	})
	assume := func(policy *string) aws.Credentials {
		t.Helper()
		return temporary(must(asAnn.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: cook, RoleSessionName: aws.String("shift"), Policy: policy}))(t).Credentials)
	}
	shift, reader := assume(nil), assume(aws.String(d.may("Allow", "GET")))
	d.expect(t, "a role's session", shift, "POST", 200, "")
	d.expect(t, "within a session policy", reader, "GET", 200, "")
	d.expect(t, "beyond a session policy", reader, "POST", 403, " because no session policy allows the execute-api:Invoke action")
	foreign := shift
	foreign.SessionToken = reader.SessionToken
	d.expect(t, "another session's token", foreign, "GET", 403, "The security token included in the request is invalid.")
	bare := shift
	bare.SessionToken = ""
	d.expect(t, "no token", bare, "GET", 403, "The security token included in the request is invalid.")

	// A change of the account counts at the very next request.
	key := func(status iamtypes.StatusType) {
		t.Helper()
		must(d.iam.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: aws.String("ann"), AccessKeyId: &ann.AccessKeyID, Status: status}))(t)
	}
	key(iamtypes.StatusTypeInactive)
	d.expect(t, "an inactive key", ann, "GET", 403, "The security token included in the request is invalid.")
	key(iamtypes.StatusTypeActive)
	d.expect(t, "the key again", ann, "GET", 200, "")
	must(d.iam.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("ann"), AccessKeyId: &ann.AccessKeyID}))(t)
	d.expect(t, "a deleted key", ann, "GET", 403, "The security token included in the request is invalid.")

	d.advance(t, "61m")
	d.expect(t, "a session that is over", shift, "GET", 403, "The security token included in the request is expired")
	d.expect(t, "a user an hour later", bob, "GET", 200, "")
}

// What is signed for one plane opens nothing on the other.
func TestASignatureIsForOnePlaneAlone(t *testing.T) {
	d := openDoor(t)
	root := aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: rootSecret}
	for _, c := range []struct{ service, path, message string }{
		{"apigateway", "/_aws/execute-api/" + d.api + "/prod/", "Credential should be scoped to correct service: 'execute-api'."},
		{"execute-api", "/restapis", "Credential should be scoped to correct service: 'apigateway'."},
	} {
		r := must(http.NewRequestWithContext(t.Context(), "GET", d.url+c.path, nil))(t)
		empty := sha256.Sum256(nil)
		if err := v4.NewSigner().SignHTTP(t.Context(), root, r, hex.EncodeToString(empty[:]), c.service, region, time.Now()); err != nil {
			t.Fatal(err)
		}
		got := must(http.DefaultTransport.RoundTrip(r))(t)
		text := string(must(io.ReadAll(got.Body))(t))
		got.Body.Close()
		if got.StatusCode != 403 || !strings.Contains(text, c.message) {
			t.Errorf("%s signed for %s: %d %s", c.path, c.service, got.StatusCode, text)
		}
	}
	// And what an API's URL is presigned for is that API.
	other := openDoor(t)
	r := must(http.NewRequestWithContext(t.Context(), "GET", d.url+"/_aws/execute-api/"+d.api+"/prod/", nil))(t)
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), root, r, hex.EncodeToString(sha256.New().Sum(nil)), "execute-api", region, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for server, want := range map[string]int{d.url: 200, other.url: 403} {
		u := must(url.Parse(signed))(t)
		u.Host = strings.TrimPrefix(server, "http://")
		got := must(http.Get(u.String()))(t)
		got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("presigned for %s, sent to %s: %d", d.url, server, got.StatusCode)
		}
	}
}
