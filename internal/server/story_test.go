package server_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	idtypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/config"
)

// shop is the whole of fine-grained access: people in groups, groups with
// roles, an identity pool that gives a role's credentials for a token, and an
// API that asks for signatures.
type shop struct {
	*world
	people
	api        string
	identities *cognitoidentity.Client
	identity   string // id of the identity pool
}

const (
	trustLambda = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	trustPool   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity",
		"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"POOL"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"AMR"}}}}`
	allowAll   = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:API/*"}}`
	allButPost = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:API/*"},
		{"Sid":"StaffOnly","Effect":"Deny","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:API/*/POST/inventory"}]}`
	onlyMenu = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:*:*:API/*/GET/menu"}}`
)

func openShop(t testing.TB) *shop {
	t.Helper()
	w := start(t, config.Config{}, nil)
	s := &shop{world: w, people: w.people(t, "carla")}
	w.user(t, s.people, "stefan")
	roles := iam.NewFromConfig(w.aws)
	s.identities = cognitoidentity.NewFromConfig(w.aws)
	ctx := t.Context()

	s.api = s.signedAPI(t, s.function(t, "shop", counting))
	provider := "cognito-idp." + region + ".amazonaws.com/" + s.pool
	s.identity = *must(s.identities.CreateIdentityPool(ctx, &cognitoidentity.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("shop"), AllowUnauthenticatedIdentities: true,
		CognitoIdentityProviders: []idtypes.CognitoIdentityProvider{{ProviderName: &provider, ClientId: &s.client, ServerSideTokenCheck: aws.Bool(true)}},
	}))(t).IdentityPoolId

	arn := map[string]string{}
	for name, r := range map[string]struct{ amr, policy string }{
		"customer": {"authenticated", allButPost}, "staff": {"authenticated", allowAll}, "guest": {"unauthenticated", onlyMenu},
	} {
		trust := strings.NewReplacer("POOL", s.identity, "AMR", r.amr).Replace(trustPool)
		arn[name] = *must(roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("shop-" + name), AssumeRolePolicyDocument: &trust}))(t).Role.Arn
		must(roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("shop-" + name), PolicyName: aws.String("of-" + name),
			PolicyDocument: aws.String(strings.ReplaceAll(r.policy, "API", s.api))}))(t)
	}
	for group, member := range map[string]string{"customer": "carla", "staff": "stefan"} {
		must(s.pools.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: &s.pool, GroupName: &group, RoleArn: aws.String(arn[group])}))(t)
		must(s.pools.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: &s.pool, GroupName: &group, Username: &member}))(t)
	}
	must(s.identities.SetIdentityPoolRoles(ctx, &cognitoidentity.SetIdentityPoolRolesInput{
		IdentityPoolId: &s.identity, Roles: map[string]string{"authenticated": arn["customer"], "unauthenticated": arn["guest"]},
		RoleMappings: map[string]idtypes.RoleMapping{provider + ":" + s.client: {
			Type: idtypes.RoleMappingTypeToken, AmbiguousRoleResolution: idtypes.AmbiguousRoleResolutionTypeDeny,
		}},
	}))(t)
	return s
}

// signedAPI has GET /menu and POST /inventory, both for signed requests only.
func (s *shop) signedAPI(t testing.TB, functionARN string) string {
	t.Helper()
	ctx := t.Context()
	id := *must(s.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("shop")}))(t).Id
	root := must(s.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &id}))(t).Items[0].Id
	for path, verb := range map[string]string{"menu": "GET", "inventory": "POST"} {
		resource := must(s.apis.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: &id, ParentId: root, PathPart: &path}))(t).Id
		must(s.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &id, ResourceId: resource, HttpMethod: &verb, AuthorizationType: aws.String("AWS_IAM")}))(t)
		must(s.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &id, ResourceId: resource, HttpMethod: &verb,
			Type: apitypes.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"),
			Uri: aws.String("arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + functionARN + "/invocations")}))(t)
	}
	must(s.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}))(t)
	return id
}

// credentials exchanges a person's ID token, or nothing, for credentials.
func (s *shop) credentials(t testing.TB, name string) (identity string, c aws.Credentials) {
	t.Helper()
	logins := map[string]string{}
	if name != "" {
		p := s.people
		p.user = name
		logins["cognito-idp."+region+".amazonaws.com/"+s.pool] = *s.signIn(t, p).IdToken
	}
	anonymous := func(o *cognitoidentity.Options) { o.Credentials = aws.AnonymousCredentials{} }
	id := must(s.identities.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: &s.identity, Logins: logins}, anonymous))(t).IdentityId
	given := must(s.identities.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id, Logins: logins}, anonymous))(t).Credentials
	return *id, aws.Credentials{AccessKeyID: *given.AccessKeyId, SecretAccessKey: *given.SecretKey, SessionToken: *given.SessionToken}
}

// signed sends a request that is signed with c, as the SDKs sign it.
func (s *shop) signed(t testing.TB, c aws.Credentials, verb, path, body string) reply {
	t.Helper()
	return s.world.sendSigned(t, c, verb, "/_aws/execute-api/"+s.api+"/prod"+path, body)
}

// sendSigned sends a request to an API signed as the SDK does.
func (w *world) sendSigned(t testing.TB, c aws.Credentials, verb, path, body string) reply {
	t.Helper()
	r := must(http.NewRequestWithContext(t.Context(), verb, w.url+path, strings.NewReader(body)))(t)
	sum := sha256.Sum256([]byte(body))
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(sum[:]), "execute-api", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	answer := must(http.DefaultClient.Do(r))(t)
	defer answer.Body.Close()
	return reply{answer.StatusCode, answer.Header, string(must(io.ReadAll(answer.Body))(t))}
}

func TestPeopleMayCallWhatTheirGroupsRoleAllows(t *testing.T) {
	s := openShop(t)
	_, customer := s.credentials(t, "carla")
	_, staff := s.credentials(t, "stefan")
	_, guest := s.credentials(t, "")
	menu, inventory := [2]string{"GET", "/menu"}, [2]string{"POST", "/inventory"}
	for _, c := range []struct {
		who     string
		with    aws.Credentials
		route   [2]string
		status  int
		because string
	}{
		{"a customer reads the menu", customer, menu, 200, ""},
		{"a customer changes the inventory", customer, inventory, 403, "with an explicit deny in an identity-based policy"},
		{"a staff member reads the menu", staff, menu, 200, ""},
		{"a staff member changes the inventory", staff, inventory, 200, ""},
		{"a guest reads the menu", guest, menu, 200, ""},
		{"a guest changes the inventory", guest, inventory, 403, "because no identity-based policy allows the execute-api:Invoke action"},
	} {
		r := s.signed(t, c.with, c.route[0], c.route[1], `{"pizzas":3}`)
		if r.status != c.status || !strings.Contains(r.body, c.because) {
			t.Errorf("%s: %d %s", c.who, r.status, r.body)
		}
	}
}

func TestTheFunctionIsToldWhichIdentityCalls(t *testing.T) {
	s := openShop(t)
	id, c := s.credentials(t, "stefan")
	r := s.signed(t, c, "GET", "/menu", "")
	var told struct{ Identity map[string]any }
	if err := json.Unmarshal([]byte(r.body), &told); err != nil || r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for name, want := range map[string]string{
		"cognitoIdentityId": id, "cognitoIdentityPoolId": s.identity, "cognitoAuthenticationType": "authenticated",
		"accountId": account, "accessKey": c.AccessKeyID, "userArn": "arn:aws:sts::" + account + ":assumed-role/shop-staff/CognitoIdentityCredentials",
	} {
		if told.Identity[name] != want {
			t.Errorf("%s is %v, want %s", name, told.Identity[name], want)
		}
	}
	if provider, _ := told.Identity["cognitoAuthenticationProvider"].(string); !strings.Contains(provider, s.pool+":CognitoSignIn:") {
		t.Errorf("the provider is %q", provider)
	}
}

func TestCredentialsOfAnIdentityAreDeadAfterAnHour(t *testing.T) {
	s := openShop(t)
	_, c := s.credentials(t, "stefan")
	if r := s.signed(t, c, "GET", "/menu", ""); r.status != 200 {
		t.Fatalf("fresh credentials: %d %s", r.status, r.body)
	}
	if r := s.send(t, "POST", "/_sallyport/clock", `{"advance":"61m"}`); r.status != 200 {
		t.Fatalf("the clock: %d %s", r.status, r.body)
	}
	r := s.signed(t, c, "GET", "/menu", "")
	if r.status != 403 || !strings.Contains(r.body, "The security token included in the request is expired") {
		t.Errorf("after an hour: %d %s", r.status, r.body)
	}
}

func TestTheOperatorLearnsWhichStatementRefused(t *testing.T) {
	s := openShop(t)
	_, c := s.credentials(t, "carla")
	refused := s.signed(t, c, "POST", "/inventory", "{}")
	r := s.send(t, "GET", "/_sallyport/requests/"+refused.header.Get("x-amzn-RequestId"), "")
	if r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, part := range []string{"of-customer", "StaffOnly", "assumed-role/shop-customer/CognitoIdentityCredentials", "POST/inventory"} {
		if !strings.Contains(r.body, part) {
			t.Errorf("%s does not stand in %s", part, r.body)
		}
	}
	if strings.Contains(r.body, c.SessionToken) || strings.Contains(r.body, c.SecretAccessKey) {
		t.Error("the explanation holds a secret")
	}
}
