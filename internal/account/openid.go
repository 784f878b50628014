package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/issuer"
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
	verifier *verify.Verifier // nil if there are no client ids
}

func (s *Service) newOpenIDProof(o *openIDSettings) *openIDProof {
	proof := &openIDProof{}
	if len(o.ClientIDs) > 0 {
		// The settings were held against the same rules before they were stored.
		proof.verifier, _ = verify.NewJWT(o.URL, verify.Clients(o.ClientIDs...), issuerKeys{s, o.URL}, verify.WithClock(s.db.Now), verify.WithTokenLimit(maxWebToken))
	}
	return proof
}

func (p *openIDProof) verify(ctx context.Context, token string) (*verify.Token, error) {
	if p.verifier == nil {
		return nil, &verify.Error{Check: verify.CheckAudience, Detail: "the provider has no client ids"}
	}
	return p.verifier.Verify(ctx, token)
}

// issuerKeys are the keys of an issuer elsewhere: a verify.KeySource. They are
// not the provider's own, so that one which changes, or is made anew, costs
// its issuer no question.
type issuerKeys struct {
	service *Service
	url     string
}

func (k issuerKeys) Key(ctx context.Context, id string) (verify.Key, error) {
	i, err := k.service.issuers().Issuer(k.url)
	if err != nil {
		return verify.Key{}, fmt.Errorf("%w: %w", verify.ErrKeysUnavailable, err)
	}
	return i.Key(ctx, id)
}

// issuers are those that the whole program shares, or else the account's own.
func (s *Service) issuers() *issuer.Directory {
	if s.neighbours.Directory != nil {
		return s.neighbours.Directory
	}
	return s.directory
}
