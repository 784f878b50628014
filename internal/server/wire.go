package server

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/sigv4"
	"github.com/sallyport/sallyport/internal/template"
	"github.com/sallyport/sallyport/internal/userpool"
)

// What one service needs of another, in its own words, and how the other gives it.

// functionInvoker lets the gateway run functions, as the service principal
// that it is.
type functionInvoker struct {
	functions *function.Service
	account   string
}

func (f functionInvoker) Invoke(ctx context.Context, i gateway.Invocation) ([]byte, bool, error) {
	source := function.Source{Service: "apigateway.amazonaws.com", ARN: i.SourceARN, Account: f.account}
	result, err := f.functions.InvokeAs(ctx, source, i.FunctionARN, i.Payload, i.RequestID, i.TraceID)
	switch {
	case errors.Is(err, function.ErrNotPermitted):
		err = gateway.ErrNotPermitted
	case errors.Is(err, function.ErrNoFunction):
		err = gateway.ErrNoFunction
	case errors.Is(err, function.ErrThrottled):
		err = gateway.ErrThrottled
	}
	return result.Payload, result.FunctionError != "", err
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
