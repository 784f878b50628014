package userpool_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/kms"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
	"github.com/sallyport/sallyport/internal/userpool"
)

const (
	account  = "000000000000"
	region   = "eu-west-1"
	keyID    = "AKIAIOSFODNN7EXAMPLE"
	secret   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	password = "Correct-Horse-7"
)

// world is the service behind the real wire, with an SDK client before it.
type world struct {
	*idp.Client
	t       testing.TB
	url     string
	service *userpool.Service
	config  userpool.Config
	clock   *clock.Clock
	db      *store.DB
	records *records
	outbox  *mailbox
	http    aws.HTTPClient

	functions *troupe
	kms       *kms.Service
	log       *diary
}

type root struct{}

func (root) Key(_ context.Context, id, _ string) (string, access.Caller, error) {
	if id != keyID {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	return secret, access.Caller{Kind: access.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", ID: account, AccessKeyID: id}, nil
}

func (root) Authorize(_ context.Context, call *access.Call, _, _ string) access.Verdict {
	return access.Verdict{Allowed: call.Caller.Kind == access.Root}
}

// diary is what the service writes into its log.
type diary struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *diary) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(line)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

type records struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *records) Write(record *audit.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range record.Steps() {
		r.text.WriteString(s.Name + ": " + s.Outcome.String() + ": " + s.Detail + "\n")
	}
}

type mailbox struct {
	mu   sync.Mutex
	sent []outbox.Message
	real *outbox.Outbox // what the program has in its place
	also bool           // put messages there as well, for measurements
}

func (m *mailbox) Put(ctx context.Context, s store.Session, message outbox.Message) error {
	if m.also {
		return m.real.Put(ctx, s, message)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, message)
	return nil
}

func (m *mailbox) last(t testing.TB) outbox.Message {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return m.sent[len(m.sent)-1]
}

// onEveryEngine runs a test over each database that the program can have.
func onEveryEngine(t *testing.T, test func(t *testing.T, w *world)) {
	for _, e := range storetest.Engines {
		t.Run(e.Name, func(t *testing.T) { test(t, newWorldOn(t, e.Options(t))) })
	}
}

func newWorld(t testing.TB) *world { return newWorldOn(t, store.Options{Memory: true}) }

func newWorldOn(t testing.TB, o store.Options) *world {
	t.Helper()
	w := newWorldAtFullPrice(t, o)
	w.service.Quicken()
	return w
}

// newWorldAtFullPrice hashes passwords and makes keys as the program does.
func newWorldAtFullPrice(t testing.TB, o store.Options) *world {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keyring.Open(ctx, keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: new(clock.Clock), db: db, records: new(records), outbox: &mailbox{real: outbox.New(db, keys)}, functions: new(troupe), log: new(diary), http: awsapitest.Client()}
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	if w.kms, err = kms.New(kms.Config{DB: db, Keys: keys, Account: account, Policies: root{}, Random: rand.Reader, Clock: w.clock, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	if err := w.kms.Start(ctx); err != nil {
		t.Fatal(err)
	}
	w.config = userpool.Config{
		DB: db, Keys: keys, PublicURL: w.url, Account: account, Outbox: w.outbox, Roles: noRoles{}, LogRoles: noRoles{}, ImportURL: w.url + "/import", Functions: w.functions, KMS: w.kms, Random: rand.Reader, Clock: w.clock, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if w.service, err = userpool.New(w.config); err != nil {
		t.Fatal(err)
	}
	if err := w.service.Start(ctx); err != nil {
		t.Fatal(err)
	}
	w.serveOn(server)
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Client = w.in(region)
	return w
}

// serve puts the world's service behind a wire of its own.
func (w *world) serve() {
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	w.serveOn(server)
	w.t.Cleanup(server.Close)
	w.Client = w.in(region)
}

func (w *world) serveOn(server *httptest.Server) {
	api := awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: root{}, Authorizer: root{}, Clock: w.clock,
		Logger: slog.New(slog.DiscardHandler), Records: w.records, MaxBody: 1 << 20,
	}, w.service.API(), w.kms.API())
	server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/.well-known/") {
			w.service.ServeWellKnown(rw, r)
			return
		}
		if userpool.IsConfirmPath(r.URL.Path) {
			record := new(audit.Record)
			w.service.ServeConfirm(rw, r, &access.Call{Account: account, Source: netip.MustParseAddrPort(r.RemoteAddr).Addr(), Time: w.clock.Now(), Record: record})
			w.records.Write(record)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/import/") {
			w.service.ServeImport(rw, r)
			return
		}
		api.ServeHTTP(rw, r)
	})
	server.Start()
}

// in is a client that signs for a region.
func (w *world) in(region string) *idp.Client {
	return idp.New(idp.Options{
		BaseEndpoint: &w.url, Region: region, HTTPClient: w.http, Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			// The SDK signs with the machine's clock; the server's may have been moved.
			return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, nil
		}),
	})
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

func (w *world) pool(change func(*idp.CreateUserPoolInput)) *types.UserPoolType {
	w.t.Helper()
	in := &idp.CreateUserPoolInput{PoolName: aws.String("pizza")}
	if change != nil {
		change(in)
	}
	return must(w.CreateUserPool(context.Background(), in))(w.t).UserPool
}

func (w *world) client(pool *types.UserPoolType, change func(*idp.CreateUserPoolClientInput)) *types.UserPoolClientType {
	w.t.Helper()
	in := &idp.CreateUserPoolClientInput{
		UserPoolId: pool.Id, ClientName: aws.String("web"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH"},
	}
	if change != nil {
		change(in)
	}
	return must(w.CreateUserPoolClient(context.Background(), in))(w.t).UserPoolClient
}

func (w *world) user(pool *types.UserPoolType, name string, attributes ...string) *types.UserType {
	w.t.Helper()
	u := must(w.AdminCreateUser(context.Background(), &idp.AdminCreateUserInput{
		UserPoolId: pool.Id, Username: &name, MessageAction: types.MessageActionTypeSuppress, UserAttributes: pairs(attributes),
	}))(w.t).User
	must(w.AdminSetUserPassword(context.Background(), &idp.AdminSetUserPasswordInput{
		UserPoolId: pool.Id, Username: &name, Password: aws.String(password), Permanent: true,
	}))(w.t)
	return u
}

func pairs(attributes []string) (list []types.AttributeType) {
	for i := 0; i < len(attributes); i += 2 {
		list = append(list, types.AttributeType{Name: &attributes[i], Value: &attributes[i+1]})
	}
	return list
}

func (w *world) signIn(c *types.UserPoolClientType, name, password string) (*idp.InitiateAuthOutput, error) {
	in := &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeUserPasswordAuth, ClientId: c.ClientId,
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": password},
	}
	if c.ClientSecret != nil {
		in.AuthParameters["SECRET_HASH"] = secretHash(c, name)
	}
	return w.InitiateAuth(context.Background(), in)
}

func (w *world) tokens(c *types.UserPoolClientType, name string) *types.AuthenticationResultType {
	w.t.Helper()
	out := must(w.signIn(c, name, password))(w.t)
	if out.AuthenticationResult == nil {
		w.t.Fatalf("no tokens but the challenge %s", out.ChallengeName)
	}
	return out.AuthenticationResult
}

func (w *world) refresh(c *types.UserPoolClientType, token string) (*types.AuthenticationResultType, error) {
	out, err := w.InitiateAuth(context.Background(), &idp.InitiateAuthInput{
		AuthFlow: types.AuthFlowTypeRefreshTokenAuth, ClientId: c.ClientId, AuthParameters: map[string]string{"REFRESH_TOKEN": token},
	})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

func secretHash(c *types.UserPoolClientType, name string) string {
	mac := hmac.New(sha256.New, []byte(*c.ClientSecret))
	mac.Write([]byte(name + *c.ClientId))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// keySet fetches the pool's JWKS as everybody would.
func (w *world) keySet(poolID string) *jose.JSONWebKeySet {
	w.t.Helper()
	answer := must(http.Get(w.url + "/" + poolID + "/.well-known/jwks.json"))(w.t)
	defer answer.Body.Close()
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		w.t.Fatal(err)
	}
	return &set
}

// claims verifies a token with go-jose against the published keys.
func (w *world) claims(poolID, token string) (header map[string]any, claims map[string]any) {
	w.t.Helper()
	parsed := must(jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256}))(w.t)
	if err := parsed.Claims(w.keySet(poolID), &claims); err != nil {
		w.t.Fatal(err)
	}
	first, _, _ := strings.Cut(token, ".")
	if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(first))(w.t), &header); err != nil {
		w.t.Fatal(err)
	}
	return header, claims
}

func (w *world) seconds(claim any) time.Time { return time.Unix(int64(claim.(float64)), 0) }

// noRoles lets nobody but root give a role to a group.
type noRoles struct{}

func (noRoles) MayPass(*access.Call, string) access.Verdict { return access.Verdict{} }
