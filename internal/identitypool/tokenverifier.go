package identitypool

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/verify"
)

// TokenVerifier proves tokens of GetOpenIdToken and
// GetOpenIdTokenForDeveloperIdentity, of every pool.
type TokenVerifier struct {
	service *Service
	jwt     *verify.Verifier
}

// TokenVerifier returns what proves this service's own tokens.
func (s *Service) TokenVerifier() (*TokenVerifier, error) {
	jwt, err := verify.NewJWT(Issuer, verify.AnyClient(), publicKeys{s}, verify.WithClock(s.clock.Now), verify.WithAlgorithms(verify.RS512))
	return &TokenVerifier{s, jwt}, err
}

// Verify proves a token, and that it still stands for somebody: its identity is
// there and neither disabled nor deleted, its pool takes guests if it is a
// guest's, one of its logins is still linked if it is not, and the pool allows
// the basic flow unless the developer asked for the token. Errors are those of
// package verify.
func (v *TokenVerifier) Verify(ctx context.Context, token string) (*verify.Token, error) {
	t, err := v.jwt.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	dead, err := v.service.isDead(ctx, t)
	switch {
	case err != nil:
		return nil, err
	case dead != "":
		return nil, &verify.Error{Check: verify.CheckAudience, Detail: dead}
	}
	return t, nil
}

// isDead says why a proved token stands for nobody any more; "" if it does.
func (s *Service) isDead(ctx context.Context, t *verify.Token) (string, error) {
	audience := t.Audience()
	if len(audience) != 1 {
		return "the token is not for one identity pool", nil
	}
	p := s.current.Load().pools[audience[0]]
	if p == nil {
		return "the identity pool is gone", nil
	}
	i, err := identityTable.Get(ctx, s.db, t.Subject())
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && i.PoolID != p.ID:
		return "the identity is gone", nil
	case err != nil:
		return "", err
	case i.Disabled:
		return "the identity was merged into another one", nil
	}
	amr := methodsOf(t)
	if !slices.Contains(amr, roleAuthenticated) {
		switch {
		case !p.Classic:
			return "the pool does not allow the basic flow any more", nil
		case !p.Guests:
			return "the pool lets no guests in any more", nil
		case i.Linked:
			return "the identity is no guest any more", nil
		}
		return "", nil
	}
	rows, err := loginTable.List(ctx, s.db, loginsOf, i.ID)
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		if slices.Contains(amr, mark(r.Kind, r.Provider, p.ID, r.Subject)) && (p.Classic || r.Kind == byDeveloper) {
			return "", nil
		}
	}
	if !p.Classic {
		return "the pool does not allow the basic flow, or the developer's user was unlinked", nil
	}
	return "none of its logins is linked to the identity any more", nil
}

func methodsOf(t *verify.Token) []string {
	raw, _ := t.Claim("amr")
	return readClaim(raw).values
}

// proveOwn takes the token that a developer's server asked for, as a login. Such
// tokens are of the developer's users only: one that came of other logins would
// let them live longer than they do.
func (s *Service) proveOwn(ctx context.Context, call *access.Call, p *Pool, token string) (login, error) {
	v, err := s.TokenVerifier()
	if err != nil {
		return login{}, err
	}
	t, err := v.Verify(ctx, token)
	if err != nil {
		return login{}, tokenRefusal(call, err, token, false)
	}
	if !slices.Equal(t.Audience(), []string{p.ID}) {
		return login{}, refusal{notAuthorized(textNotSupported), "the token is of another identity pool"}
	}
	prefix := mark(byDeveloper, p.Developer, p.ID, "")
	for _, method := range methodsOf(t) {
		if subject, ok := strings.CutPrefix(method, prefix); ok && p.Developer != "" {
			return login{provider: p.Developer, subject: subject, kind: byDeveloper, settled: true, tags: broughtTags(t), claims: tokenClaims(t)}, nil
		}
	}
	return login{}, refusal{notAuthorized(textNotSupported), "the token is not of a developer's user"}
}

func broughtTags(t *verify.Token) map[string]string {
	raw, ok := t.Claim(tagsClaim)
	if !ok {
		return nil
	}
	var said struct {
		Tags map[string][]string `json:"principal_tags"`
	}
	if json.Unmarshal(raw, &said) != nil { // we wrote it ourselves
		return nil
	}
	tags := map[string]string{}
	for key, values := range said.Tags {
		if len(values) == 1 {
			tags[key] = values[0]
		}
	}
	return tags
}
