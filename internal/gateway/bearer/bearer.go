package bearer

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/verify"
)

const (
	// maxToken is in bytes: all headers of a request to an HTTP API have as many,
	// so that a longer token cannot have come.
	maxToken = 10 << 10

	// Of the tokens that are remembered: their length in bytes, and how many.
	maxRemembered = 4 << 10
	remembered    = 2048

	maxAudiences = 50 // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
)

// Issuer is whom an authorizer trusts. Package issuer has them.
type Issuer interface {
	// Key finds a signing key, from memory if it can; see verify.KeySource.
	verify.KeySource
	// Name is the iss of its tokens, compared byte by byte.
	Name() string
}

// Config is what an Authorizer needs; all of it.
type Config struct {
	Issuer   Issuer
	Audience []string // 1 to 50
	Clock    *clock.Clock
}

// Authorizer proves tokens of one issuer for some audiences. It is safe for
// concurrent use.
type Authorizer struct {
	issuer   Issuer
	audience []string
	clock    *clock.Clock
	proof    atomic.Pointer[proof] // for the issuer's name, as last heard
	callers  callers
}

// proof verifies tokens of an issuer by that name.
type proof struct {
	name  string
	short *verify.Verifier // remembers what it has proved
	long  *verify.Verifier
}

// New makes an authorizer. It asks the issuer for nothing but its name.
func New(c Config) (*Authorizer, error) {
	switch {
	case c.Issuer == nil:
		return nil, errors.New("bearer: no issuer")
	case c.Clock == nil:
		return nil, errors.New("bearer: no clock")
	case len(c.Audience) > maxAudiences:
		return nil, errors.New("bearer: more than 50 audiences")
	}
	a := &Authorizer{issuer: c.Issuer, audience: slices.Clone(c.Audience), clock: c.Clock}
	a.callers.seed = maphash.MakeSeed()
	if _, err := a.proofFor(c.Issuer.Name()); err != nil {
		return nil, err
	}
	return a, nil
}

// proofFor makes a proof anew when the issuer has got another name, which happens
// once in its life: what the old one remembers goes with it.
func (a *Authorizer) proofFor(name string) (*proof, error) {
	if p := a.proof.Load(); p != nil && p.name == name {
		return p, nil
	}
	options := []verify.Option{
		verify.WithClock(a.clock.Now), verify.WithClientIDFallback(), verify.WithTokenLimit(maxToken),
		verify.WithAlgorithms(verify.RS256, verify.RS384, verify.RS512),
	}
	p := &proof{name: name}
	var err error
	if p.long, err = verify.NewJWT(name, verify.Clients(a.audience...), named{a.issuer}, options...); err != nil {
		return nil, err
	}
	if p.short, err = verify.NewJWT(name, verify.Clients(a.audience...), named{a.issuer}, append(options, verify.WithCache(remembered))...); err != nil {
		return nil, err
	}
	a.proof.Store(p)
	return p, nil
}

// named gives out keys by their names only: AWS takes no token without kid, not
// even of an issuer with a single key.
type named struct{ issuer Issuer }

var errNoKeyID = fmt.Errorf("%w: its header has no kid", verify.ErrUnknownKey)

func (n named) Key(ctx context.Context, keyID string) (verify.Key, error) {
	if keyID == "" {
		return verify.Key{}, errNoKeyID
	}
	return n.issuer.Key(ctx, keyID)
}

// Authorize proves a caller. values are those of the identity source, as many as
// the request has; scopes are the route's, of which a token needs one, or none.
//
// It returns a Caller or a Refusal, never both, never neither. ctx bounds the
// wait for keys, which is 3 seconds at most.
func (a *Authorizer) Authorize(ctx context.Context, values, scopes []string) (*Caller, *Refusal) {
	switch {
	case len(values) == 0 || len(values) == 1 && strings.Trim(values[0], " \t") == "":
		return nil, missing()
	case len(values) > 1:
		return nil, several()
	}
	token, err := a.prove(ctx, bare(values[0]))
	if err != nil {
		return nil, unproved(err)
	}
	known := a.callers.of(token)
	if len(scopes) == 0 {
		return &known.unscoped, nil
	}
	if !slices.ContainsFunc(scopes, token.HasScope) {
		return nil, unentitled(scopes)
	}
	return &Caller{known: known, asked: scopes}, nil
}

func (a *Authorizer) prove(ctx context.Context, text string) (*verify.Token, error) {
	p, err := a.proofFor(a.issuer.Name())
	if err != nil {
		return nil, err
	}
	if len(text) > maxRemembered {
		return p.long.Verify(ctx, text)
	}
	return p.short.Verify(ctx, text)
}

// bare takes the scheme away, if there is one. Its case does not matter
// (RFC 9110 §11.1), nor how many spaces follow.
func bare(value string) string {
	const scheme = "Bearer "
	value = strings.Trim(value, " \t")
	if len(value) > len(scheme) && strings.EqualFold(value[:len(scheme)], scheme) {
		return strings.TrimLeft(value[len(scheme):], " ")
	}
	return value
}
