package identitypool_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/identitypool"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
	"github.com/sallyport/sallyport/verify"
)

const (
	number  = "123456789012"
	region  = "eu-west-1"
	google  = "accounts.google.com"
	service = "cognito-identity.amazonaws.com"
	openID  = "arn:aws:iam::" + number + ":oidc-provider/idp.example/shop"
	saml    = "arn:aws:iam::" + number + ":saml-provider/office"
	basic   = "arn:aws:iam::aws:policy/AmazonCognitoUnAuthedIdentitiesSessionPolicy"
)

// world is identity pools before the account whose roles they hand out, as SDK
// clients see both. Only the issuers of logins are made up.
type world struct {
	*ci.Client // as root
	t          testing.TB
	url        string
	clock      *clock.Clock
	account    *account.Service
	service    *identitypool.Service
	issuers    *issuers
	records    *records
}

func newWorld(t testing.TB) *world { return newWorldOn(t, store.Options{Memory: true}) }

// onEveryEngine runs a test over each database that the program can have.
func onEveryEngine(t *testing.T, test func(t *testing.T, w *world)) {
	for _, e := range storetest.Engines {
		t.Run(e.Name, func(t *testing.T) { test(t, newWorldOn(t, e.Options(t))) })
	}
}

func newWorldOn(t testing.TB, o store.Options) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock.Clock), records: new(records)}
	o.Clock = w.clock
	ctx, cancel := context.WithCancel(context.Background())
	db := must(store.Open(ctx, o))(t)
	keys := must(keyring.Open(ctx, keyring.NewMaster(), keyring.NewShelf(db)))(t)
	w.account = account.New(number, db, keys, account.Credentials{AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")})
	w.issuers = &issuers{clock: w.clock, gone: map[string]bool{}}
	w.service = must(identitypool.New(identitypool.Config{
		DB: db, Keys: keys, Account: number, UserPools: w.issuers, Providers: w.issuers, Roles: roles{w.account},
		Random: rand.Reader, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		PublicKeys: map[string]verify.KeySource{google: keySet(t), "appleid.apple.com": keySet(t)},
	}))(t)
	own := must(w.service.TokenVerifier())(t)
	w.account.Join(account.Neighbours{Issuers: onlyOwn{own}})
	for _, start := range []func(context.Context) error{w.account.Start, w.service.Start} {
		if err := start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(awsapi.New(awsapi.Config{
		Account: number, Region: region, Keys: w.account, Authorizer: w.account,
		Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Records: w.records, MaxBody: 1 << 20,
	}, w.account.IAM(), w.account.STS(), w.service.API()))
	w.url = server.URL
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Client = w.as(aws.Credentials{AccessKeyID: "operator", SecretAccessKey: "s3cret"})
	return w
}

func (w *world) config(c aws.Credentials) aws.Config {
	return aws.Config{
		BaseEndpoint: &w.url, Region: region, HTTPClient: awsapitest.Client(),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }),
	}
}

func (w *world) as(c aws.Credentials) *ci.Client { return ci.NewFromConfig(w.config(c)) }
func (w *world) iam() *iam.Client {
	return iam.NewFromConfig(w.config(aws.Credentials{AccessKeyID: "operator", SecretAccessKey: "s3cret"}))
}
func (w *world) sts(c aws.Credentials) *sts.Client { return sts.NewFromConfig(w.config(c)) }

// roles and onlyOwn are what the server wires.
type roles struct{ account *account.Service }

func (r roles) MayPass(call *access.Call, arn string) access.Verdict {
	return r.account.MayPass(call, arn, service)
}

func (r roles) Assume(call *access.Call, a identitypool.Assumption) (identitypool.Credentials, error) {
	made, err := r.account.AssumeFor(call, account.Assumption{
		Action: "sts:AssumeRoleWithWebIdentity", Principal: policy.Principal{Caller: policy.Federated, ARN: service},
		Conditions: a.Conditions, RoleARN: a.RoleARN, Session: a.Session, Life: a.Life, Policy: a.Policy, PolicyARNs: a.PolicyARNs, Tags: a.Tags,
	})
	if errors.Is(err, account.ErrNotTrusted) {
		err = fmt.Errorf("%w: %w", identitypool.ErrNotTrusted, err)
	}
	return identitypool.Credentials{AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey, SessionToken: made.SessionToken, Expires: made.Expires}, err
}

type onlyOwn struct{ tokens *identitypool.TokenVerifier }

func (o onlyOwn) Issuer(url string) (account.Issuer, bool) {
	return account.Issuer{URL: url, Verifier: o.tokens}, url == identitypool.Issuer
}

type records struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *records) Write(record *audit.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range record.Steps() {
		fmt.Fprintf(&r.text, "%s: %s: %s\n", s.Name, s.Outcome, s.Detail)
	}
}

func (r *records) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func must[T any](out T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused checks that err is AWS's exception of that code and, unless empty, text.
func refused(t testing.TB, err error, code, text string) {
	t.Helper()
	var modelled smithy.APIError
	if !errors.As(err, &modelled) {
		t.Fatalf("got error %v, want %s", err, code)
	}
	if modelled.ErrorCode() != code || text != "" && modelled.ErrorMessage() != text {
		t.Fatalf("got %s %q, want %s %q", modelled.ErrorCode(), modelled.ErrorMessage(), code, text)
	}
}

// pool makes a pool with every kind of provider.
func (w *world) pool(change func(*ci.CreateIdentityPoolInput)) string {
	w.t.Helper()
	in := &ci.CreateIdentityPoolInput{
		IdentityPoolName: aws.String("shop"), AllowUnauthenticatedIdentities: true, DeveloperProviderName: aws.String("login.shop"),
		CognitoIdentityProviders: []types.CognitoIdentityProvider{
			{ProviderName: aws.String(key(poolA)), ClientId: aws.String(clientID), ServerSideTokenCheck: aws.Bool(true)},
			{ProviderName: aws.String(key(poolB)), ClientId: aws.String(clientID)},
		},
		OpenIdConnectProviderARNs: []string{openID}, SamlProviderARNs: []string{saml},
		SupportedLoginProviders: map[string]string{google: "google-client", "graph.facebook.com": "1234567890"},
	}
	if change != nil {
		change(in)
	}
	return *must(w.CreateIdentityPool(context.Background(), in))(w.t).IdentityPoolId
}

const trustAny = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
	"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"POOL"},
	"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"AMR"}}}}`

// role makes a role that identities of the pool may assume, and that may do anything.
func (w *world) role(name, pool, amr string) string {
	w.t.Helper()
	return w.roleTrusting(name, strings.NewReplacer("POOL", pool, "AMR", amr).Replace(trustAny))
}

func (w *world) roleTrusting(name, trust string) string {
	w.t.Helper()
	ctx := context.Background()
	arn := must(w.iam().CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}))(w.t).Role.Arn
	must(w.iam().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("all"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)}))(w.t)
	return *arn
}

// withRoles makes the two ordinary roles of a pool, called member and guest.
func (w *world) withRoles(pool string, mappings map[string]types.RoleMapping) {
	w.t.Helper()
	must(w.SetIdentityPoolRoles(context.Background(), &ci.SetIdentityPoolRolesInput{IdentityPoolId: &pool, RoleMappings: mappings, Roles: map[string]string{
		"authenticated": w.role("member", pool, "authenticated"), "unauthenticated": w.role("guest", pool, "unauthenticated"),
	}}))(w.t)
}

func (w *world) getID(pool string, logins map[string]string) (string, error) {
	out, err := w.GetId(context.Background(), &ci.GetIdInput{IdentityPoolId: &pool, Logins: logins})
	if err != nil {
		return "", err
	}
	return *out.IdentityId, nil
}

func (w *world) id(pool string, logins map[string]string) string {
	w.t.Helper()
	return must(w.getID(pool, logins))(w.t)
}

func (w *world) get(id string, logins map[string]string) (*ci.GetCredentialsForIdentityOutput, error) {
	return w.GetCredentialsForIdentity(context.Background(), &ci.GetCredentialsForIdentityInput{IdentityId: &id, Logins: logins})
}

func given(c *types.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken}
}

// whoami is the ARN that credentials stand for.
func (w *world) whoami(c *types.Credentials) string {
	w.t.Helper()
	return *must(w.sts(given(c)).GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{}))(w.t).Arn
}

func session(role string) string {
	return "arn:aws:sts::" + number + ":assumed-role/" + role + "/CognitoIdentityCredentials"
}
