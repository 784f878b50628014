package account_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/store"
)

// world is an account behind its wire, as SDK clients see it.
type world struct {
	*testing.T
	account *account.Service
	clock   *clock.Clock
	db      *store.DB
	ring    *keyring.Keyring
	url     string
	root    aws.Credentials
	last    atomic.Pointer[audit.Record] // of the latest call
}

func (w *world) Write(r *audit.Record) { w.last.Store(r) }

func newWorld(t *testing.T) *world {
	now := new(clock.Clock)
	return newWorldOn(t, open(t, store.Options{Memory: true, Clock: now}), now)
}

func newWorldOn(t *testing.T, db *store.DB, now *clock.Clock) *world {
	w := &world{T: t, clock: now, db: db, ring: openRing(t, db, keyring.NewMaster())}
	given := account.Credentials{AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")}
	w.account = started(t, db, w.ring, given)
	w.root = aws.Credentials{AccessKeyID: "operator", SecretAccessKey: "s3cret"}
	api := awsapi.New(awsapi.Config{
		Account: number, Region: "eu-west-1", Keys: w.account, Authorizer: w.account,
		Clock: w.clock, Logger: slog.New(slog.DiscardHandler), Records: w, MaxBody: 1 << 20,
	}, w.account.IAM(), w.account.STS())
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) config(c aws.Credentials) aws.Config {
	return aws.Config{
		BaseEndpoint: &w.url, Region: "eu-west-1", HTTPClient: awsapitest.Client(),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil }),
	}
}

func (w *world) iam(c aws.Credentials) *iam.Client { return iam.NewFromConfig(w.config(c)) }
func (w *world) sts(c aws.Credentials) *sts.Client { return sts.NewFromConfig(w.config(c)) }

// done fails the test for an error, and else hands on the answer.
func done[T any](w *world) func(T, error) T {
	return func(out T, err error) T {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
		return out
	}
}

// refused holds an error against the code of AWS that is expected; "" is success.
func (w *world) refused(what string, err error, code string) {
	w.Helper()
	got := ""
	var known smithy.APIError
	switch {
	case errors.As(err, &known):
		got = known.ErrorCode()
	case err != nil:
		got = err.Error()
	}
	if got != code {
		w.Errorf("%s: %q, want %q (%v)", what, got, code, err)
	}
}

// user makes a user with a key, and an inline policy unless it is "".
func (w *world) user(name, policy string) aws.Credentials {
	w.Helper()
	root, ctx := w.iam(w.root), w.Context()
	done[*iam.CreateUserOutput](w)(root.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))
	if policy != "" {
		done[*iam.PutUserPolicyOutput](w)(root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: new("own"), PolicyDocument: &policy}))
	}
	return w.key(name)
}

func (w *world) key(name string) aws.Credentials {
	w.Helper()
	k := done[*iam.CreateAccessKeyOutput](w)(w.iam(w.root).CreateAccessKey(w.Context(), &iam.CreateAccessKeyInput{UserName: &name})).AccessKey
	return aws.Credentials{AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey}
}

// role makes a role with a trust policy, and an inline policy unless it is "".
func (w *world) role(name, trust, policy string) string {
	w.Helper()
	root, ctx := w.iam(w.root), w.Context()
	r := done[*iam.CreateRoleOutput](w)(root.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})).Role
	if policy != "" {
		done[*iam.PutRolePolicyOutput](w)(root.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &name, PolicyName: new("own"), PolicyDocument: &policy}))
	}
	return *r.Arn
}

func temporary(c *ststypes.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}

// doc writes a policy of one statement.
func doc(statement string) string {
	return `{"Version":"2012-10-17","Statement":` + statement + `}`
}

func allow(action, resource string) string {
	return doc(`{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}`)
}

func trust(principal string) string {
	return doc(`{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"}`)
}
