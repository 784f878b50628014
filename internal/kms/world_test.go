package kms_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	keys "github.com/sallyport/sallyport/internal/kms"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

const (
	number = "123456789012"
	region = "eu-west-1"
)

// world is KMS beside the account whose users call it, as SDK clients see both.
type world struct {
	*kms.Client // as root
	t           testing.TB
	url         string
	clock       *clock.Clock
	service     *keys.Service
	db          *store.DB
	seen        *seen
}

type seen struct {
	mu   sync.Mutex
	text string
}

func (s *seen) Write(r *audit.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, step := range r.Steps() {
		s.text += step.Name + ": " + step.Detail + "\n"
	}
}

func onEveryEngine(t *testing.T, test func(t *testing.T, w *world)) {
	for _, e := range storetest.Engines {
		t.Run(e.Name, func(t *testing.T) { test(t, newWorldOn(t, e.Options(t))) })
	}
}

func newWorld(t testing.TB) *world { return newWorldOn(t, store.Options{Memory: true}) }

func newWorldOn(t testing.TB, o store.Options) *world {
	t.Helper()
	w := &world{t: t, clock: new(clock.Clock), seen: new(seen)}
	o.Clock = w.clock
	ctx, cancel := context.WithCancel(context.Background())
	w.db = must(store.Open(ctx, o))(t)
	ring := must(keyring.Open(ctx, keyring.NewMaster(), keyring.NewShelf(w.db)))(t)
	people := account.New(number, w.db, ring, account.Credentials{AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")})
	w.service = must(keys.New(keys.Config{
		DB: w.db, Keys: ring, Account: number, Policies: people, Random: rand.Reader, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
	}))(t)
	for _, start := range []func(context.Context) error{people.Start, w.service.Start} {
		if err := start(ctx); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(awsapi.New(awsapi.Config{
		Account: number, Region: region, Keys: people, Authorizer: people,
		Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Records: w.seen, MaxBody: 1 << 20,
	}, people.IAM(), w.service.API()))
	w.url = server.URL
	t.Cleanup(func() {
		server.Close()
		cancel()
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Client = kms.NewFromConfig(w.config(region, aws.Credentials{AccessKeyID: "operator", SecretAccessKey: "s3cret"}))
	return w
}

func (w *world) config(region string, c aws.Credentials) aws.Config {
	return aws.Config{
		BaseEndpoint: &w.url, Region: region, HTTPClient: awsapitest.Client(),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }),
	}
}

// user is a client for a user of the account with one policy, "" for none.
func (w *world) user(name, policy string) *kms.Client {
	w.t.Helper()
	ctx := context.Background()
	people := iam.NewFromConfig(w.config(region, aws.Credentials{AccessKeyID: "operator", SecretAccessKey: "s3cret"}))
	must(people.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(w.t)
	if policy != "" {
		must(people.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("it"), PolicyDocument: &policy}))(w.t)
	}
	key := must(people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name}))(w.t).AccessKey
	return kms.NewFromConfig(w.config(region, aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}))
}

// key makes a key and returns its ARN. policy "" is the default one.
func (w *world) key(policy string) string {
	w.t.Helper()
	in := &kms.CreateKeyInput{}
	if policy != "" {
		in.Policy, in.BypassPolicyLockoutSafetyCheck = &policy, true
	}
	return *must(w.CreateKey(context.Background(), in))(w.t).KeyMetadata.Arn
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

// refused checks that err is AWS's exception of that code.
func refused(t testing.TB, err error, code string) {
	t.Helper()
	var modelled smithy.APIError
	if !errors.As(err, &modelled) || modelled.ErrorCode() != code {
		t.Fatalf("got error %v, want %s", err, code)
	}
}
