package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// ErrNoProvider: the account has no identity provider with that ARN.
var ErrNoProvider = errors.New("account: no such identity provider")

// identityPools is the name under which tokens of identity pools are trusted,
// and the host of their issuer. No registration is needed for it.
const identityPools = "cognito-identity.amazonaws.com"

// Issuers are the issuers of tokens that live in this deployment itself: user
// pools and identity pools. Their keys are at hand, so that nobody calls
// himself over the wire to prove a token.
type Issuers interface {
	// Issuer finds one by the iss of its tokens, or by another URL under which a
	// provider may be registered for it.
	Issuer(url string) (Issuer, bool)
}

// Issuer is an issuer of this deployment.
type Issuer struct {
	URL      string   // the iss of its tokens
	Aliases  []string // further URLs under which it may be registered
	Verifier TokenVerifier
}

// TokenVerifier proves an ID token but for its audience. Its errors are those
// of package verify.
type TokenVerifier interface {
	Verify(ctx context.Context, token string) (*verify.Token, error)
}

// ownIssuer finds an issuer of this deployment.
func (s *Service) ownIssuer(url string) (Issuer, bool) {
	if s.neighbours.Issuers == nil {
		return Issuer{}, false
	}
	own, ok := s.neighbours.Issuers.Issuer(url)
	return own, ok && own.Verifier != nil
}

// VerifyOpenID proves an ID token of a registered OpenID Connect provider, for
// one of its client ids. Errors are ErrNoProvider and those of package verify.
func (s *Service) VerifyOpenID(ctx context.Context, providerARN, token string) (*verify.Token, error) {
	p := s.current.Load().providers[providerARN]
	if p == nil || p.openID == nil {
		return nil, fmt.Errorf("%w: %s", ErrNoProvider, providerARN)
	}
	return s.verifyOpenID(ctx, p, token)
}

func (s *Service) verifyOpenID(ctx context.Context, p *compiledProvider, token string) (*verify.Token, error) {
	own, ok := s.ownIssuer(p.OpenID.URL)
	if !ok {
		return p.openID.verify(ctx, token)
	}
	t, err := own.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(t.Audience(), func(id string) bool { return slices.Contains(p.OpenID.ClientIDs, id) }) {
		return nil, &verify.Error{Check: verify.CheckAudience, Detail: "the provider has no such client id", Found: fmt.Sprintf("%.128s", strings.Join(t.Audience(), " "))}
	}
	return t, nil
}

// openIDProof proves the tokens of a provider elsewhere.
type openIDProof struct {
	keys     *discoveredKeys
	verifier *verify.Verifier // nil if there are no client ids
}

// newOpenIDProof keeps the keys that before has already, for they are of the issuer.
func (s *Service) newOpenIDProof(before *compiledProvider, o *openIDSettings) *openIDProof {
	proof := &openIDProof{}
	if before != nil && before.openID != nil && before.OpenID.URL == o.URL {
		proof.keys = before.openID.keys
	} else {
		proof.keys = &discoveredKeys{issuer: o.URL, now: s.db.Now}
	}
	if len(o.ClientIDs) > 0 {
		// The settings were held against the same rules before they were stored.
		proof.verifier, _ = verify.NewJWT(o.URL, verify.Clients(o.ClientIDs...), proof.keys, verify.WithClock(s.db.Now), verify.WithTokenLimit(maxWebToken))
	}
	return proof
}

func (p *openIDProof) verify(ctx context.Context, token string) (*verify.Token, error) {
	if p.verifier == nil {
		return nil, &verify.Error{Check: verify.CheckAudience, Detail: "the provider has no client ids"}
	}
	return p.verifier.Verify(ctx, token)
}

// discoveredKeys are the keys of an issuer, whose place is looked up when they
// are first asked for. It is a verify.KeySource, safe for concurrent use.
type discoveredKeys struct {
	issuer string
	now    func() time.Time

	mu      sync.Mutex
	keys    *verify.RemoteKeys
	tried   time.Time
	failure error
}

// discoveryPause is how long after a failure the issuer is left alone, whoever
// asks: tokens come from strangers.
const discoveryPause = 5 * time.Second

func (d *discoveredKeys) Key(ctx context.Context, id string) (verify.Key, error) {
	keys, err := d.source(ctx)
	if err != nil {
		return verify.Key{}, fmt.Errorf("%w: %w", verify.ErrKeysUnavailable, err)
	}
	key, err := keys.Key(ctx, id)
	if errors.Is(err, verify.ErrKeysUnavailable) && ctx.Err() == nil {
		d.forget(keys, err) // the issuer may have moved them
	}
	return key, err
}

// source looks up where the keys are. One caller asks the issuer, for seconds
// at most, and the others wait for what it learns.
func (d *discoveredKeys) source(ctx context.Context) (*verify.RemoteKeys, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys != nil {
		return d.keys, nil
	}
	now := d.now()
	if since := now.Sub(d.tried); d.failure != nil && since >= 0 && since < discoveryPause {
		return nil, d.failure
	}
	// Who gives up early must not look like an issuer that is down.
	d.keys, d.failure = verify.Discover(context.WithoutCancel(ctx), d.issuer, verify.WithClock(d.now))
	d.tried = now
	return d.keys, d.failure
}

func (d *discoveredKeys) forget(keys *verify.RemoteKeys, why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys == keys {
		d.keys, d.tried, d.failure = nil, d.now(), why
	}
}
