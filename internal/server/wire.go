package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/sigv4"
	"github.com/sallyport/sallyport/internal/template"
	"github.com/sallyport/sallyport/internal/userpool"
)

// What one service needs of another, in its own words, and how the other gives it.

// functionRoles lets functions run as roles of the account.
type functionRoles struct {
	account *account.Service
	number  string // of the account
	clock   *clock.Clock
}

const (
	lambdaService = "lambda.amazonaws.com"
	// functionSession is what is asked for; the role's own limit, an hour unless
	// it says more, ends it.
	functionSession = 12 * time.Hour
	shortestSession = 2 // characters of a session's name
)

func (r functionRoles) MayPass(call *access.Call, roleARN string) access.Verdict {
	return r.account.MayPass(call, roleARN, lambdaService)
}

func (r functionRoles) Trusts(call *access.Call, roleARN string) bool {
	return r.account.Trusts(call, roleARN, lambdaService)
}

func (r functionRoles) Credentials(_ context.Context, roleARN, functionARN string) (runner.Credentials, error) {
	name := functionARN[strings.LastIndexByte(functionARN, ':')+1:]
	if len(name) < shortestSession {
		name += "-"
	}
	made, err := r.account.AssumeFor(&access.Call{Account: r.number, Time: r.clock.Now()}, account.Assumption{
		Action: "sts:AssumeRole", Principal: policy.Principal{Caller: policy.Service, ARN: lambdaService},
		Conditions: map[string][]string{"aws:sourceaccount": {r.number}, "aws:sourcearn": {functionARN}},
		RoleARN:    roleARN, Session: name, Life: functionSession,
		Claims: map[string][]string{"lambda:sourcefunctionarn": {functionARN}},
	})
	if errors.Is(err, account.ErrNotTrusted) {
		err = fmt.Errorf("%w: %w", function.ErrRole, err)
	}
	if err != nil {
		return runner.Credentials{}, err
	}
	return runner.Credentials{
		AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey, SessionToken: keyring.NewSecret(made.SessionToken), Expires: made.Expires,
		Valid: func() bool { // the role is still there, not only one of its name
			_, _, err := r.account.Key(context.Background(), made.AccessKeyID, made.SessionToken)
			return err == nil
		},
	}, nil
}

// poolRoles lets user pools take roles of the account for what they write.
type poolRoles struct{ account *account.Service }

func (r poolRoles) MayPass(call *access.Call, roleARN string) access.Verdict {
	return r.account.MayPass(call, roleARN, poolService)
}

// poolVerifiers lets the gateway prove tokens of user pools.
type poolVerifiers struct{ pools *userpool.Service }

func (p poolVerifiers) Verifiers(poolARN string) (id, access gateway.TokenVerifier) {
	i, a, ok := p.pools.Verifiers(poolARN)
	if !ok {
		return nil, nil // not a nil *verify.Verifier, which would look like one
	}
	return i, a
}

// Deployer deploys templates as the account's root, by the operations that the
// wire calls.
func (s *Server) Deployer(progress func(template.Event)) *template.Deployer {
	return &template.Deployer{
		Operations: s.api,
		Call: func() *access.Call {
			return &access.Call{
				Caller: s.account.Root(), Account: s.config.Account, Region: s.config.Region,
				RequestID: uuid.NewString(), Source: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
				UserAgent: "sallyport", Secure: true, Time: s.clock.Now(),
			}
		},
		Store: s.db, Keys: s.keyring, Clock: s.clock, Random: rand.Reader, URL: s.config.URL, Progress: progress,
	}
}

// signedByRoot reports whether r is signed by the root key. The service of the
// scope may be any: what a signature opens here is bound to this host and path.
func (s *Server) signedByRoot(r *http.Request) bool {
	signature, err := sigv4.Parse(r)
	if err != nil || r.ContentLength != 0 { // nothing here takes a body, so none is covered
		return false
	}
	secret, caller, err := s.account.Key(r.Context(), signature.AccessKeyID, signature.SessionToken)
	if err != nil || caller.Kind != access.Root {
		return false
	}
	return signature.Verify(sigv4.Params{Secret: secret, Now: s.clock.NowFor(signature.Time), Skew: sigv4.SkewControl}) == nil
}
