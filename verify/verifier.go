package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

type kind uint8

const (
	anyToken kind = iota
	idToken
	accessToken
)

// Verifier checks tokens of one issuer and one kind. It is immutable but for its
// cache, and safe for concurrent use.
type Verifier struct {
	kind     kind
	issuer   string
	audience Audience
	keys     KeySource

	algorithms          []Algorithm
	leeway              time.Duration
	anyScope, allScopes []string
	anyGroup            []string
	groupsClaim         string
	clientIDFallback    bool
	limit               int
	now                 func() time.Time
	cache               *cache
}

// NewIDToken verifies the ID tokens of a Cognito user pool: token_use is "id"
// and every aud is one of the clients. An ID token tells an application who has
// signed in to it.
//
// issuer is https://cognito-idp.{region}.amazonaws.com/{userPoolId}, compared
// byte by byte. Without one of issuer, clients and keys there is no verifier but
// an error.
func NewIDToken(issuer string, clients Audience, keys KeySource, opts ...Option) (*Verifier, error) {
	return newVerifier(idToken, issuer, clients, keys, opts)
}

// NewAccessToken verifies the access tokens of a Cognito user pool: token_use is
// "access" and client_id is one of the clients. An access token says what its
// bearer may do; see WithAnyScope, WithAllScopes and WithAnyGroup.
func NewAccessToken(issuer string, clients Audience, keys KeySource, opts ...Option) (*Verifier, error) {
	return newVerifier(accessToken, issuer, clients, keys, opts)
}

// NewJWT verifies tokens of any OpenID Connect provider: aud, or one element of
// it, is in the audience. Kinds of tokens are not told apart: if the provider
// also issues ID tokens for this audience, require a scope to keep them out.
func NewJWT(issuer string, audience Audience, keys KeySource, opts ...Option) (*Verifier, error) {
	return newVerifier(anyToken, issuer, audience, keys, opts)
}

func newVerifier(kind kind, issuer string, audience Audience, keys KeySource, opts []Option) (*Verifier, error) {
	if err := checkIssuer(issuer, kind); err != nil {
		return nil, err
	}
	if err := audience.check(); err != nil {
		return nil, err
	}
	if keys == nil {
		return nil, errors.New("verify: no key source: see NewRemoteKeys, Discover and ParseKeys")
	}
	v := &Verifier{
		kind: kind, issuer: issuer, audience: audience, keys: keys,
		algorithms:  []Algorithm{RS256},
		groupsClaim: "cognito:groups",
		limit:       defaultTokenLimit,
		now:         time.Now,
	}
	if kind == anyToken {
		v.algorithms = []Algorithm{RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA}
	}
	for _, opt := range opts {
		if opt == nil {
			return nil, errors.New("verify: an option is nil")
		}
		if err := opt.refineVerifier(v); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// checkIssuer refuses issuers whose word cannot be trusted: over plain http only
// this machine's. Providers of other kinds of tokens may go by a bare name.
func checkIssuer(issuer string, kind kind) error {
	if issuer == "" {
		return errors.New("verify: no issuer")
	}
	if kind == anyToken && !strings.Contains(issuer, "://") && strings.TrimSpace(issuer) == issuer {
		return nil
	}
	if _, err := parseSecureURL(issuer); err != nil {
		return fmt.Errorf("verify: issuer: %w", err)
	}
	return nil
}

// Verify checks a token: its form, its signature against the key it names, then
// issuer, kind, audience, times, scopes and groups. ctx bounds a fetch of keys.
//
// It returns a Token, or an *Error that names the check which refused and
// matches one of this package's sentinel errors; never both, never neither. Give
// it the bare token, without "Bearer ".
func (v *Verifier) Verify(ctx context.Context, token string) (*Token, error) {
	if v.cache == nil || len(token) > v.limit {
		return v.verify(ctx, token)
	}
	id := fingerprintOf(token)
	if known := v.cache.get(id); known != nil {
		key, err := v.keys.Key(ctx, known.keyID)
		if err == nil && key.Equal(known.key) {
			if err := v.checkTimes(&known.claims); err != nil {
				v.cache.drop(id)
				return nil, err
			}
			return known, nil
		}
		v.cache.drop(id) // the key is gone, or another: judge the token anew
	}
	verified, err := v.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	v.cache.put(id, verified)
	return verified, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (*Token, error) {
	parts, err := parseCompact(token, v.limit)
	if err != nil {
		return nil, err
	}
	key, err := v.keyFor(ctx, parts.header)
	if err != nil {
		return nil, err
	}
	if !signatureHolds(parts.algorithm, key.material.public, parts.signed, parts.signature) {
		return nil, &Error{Check: CheckSignature, Found: public(parts.keyID)}
	}

	// From here on the issuer has said it, whoever that is.
	claims, err := parseClaims(string(parts.payload))
	if err != nil {
		return nil, err
	}
	verified := &Token{claims: claims, algorithm: parts.algorithm, key: key, keyID: parts.keyID}
	if err := v.checkOrigin(&verified.claims); err != nil {
		return nil, err
	}
	if err := v.checkTimes(&verified.claims); err != nil {
		return nil, err
	}
	if err := v.checkRights(verified); err != nil {
		return nil, err
	}
	return verified, nil
}

// keyFor finds the key that the header names and makes sure that it may be used
// as the header says. The key decides about the algorithm, not the token.
func (v *Verifier) keyFor(ctx context.Context, head header) (Key, error) {
	if !slices.Contains(v.algorithms, head.algorithm) {
		return Key{}, &Error{Check: CheckAlgorithm, Expected: v.algorithmNames(), Found: public(string(head.algorithm))}
	}
	if head.keyID == "" && v.kind != anyToken {
		return Key{}, malformed("its header: kid is missing")
	}
	key, err := v.keys.Key(ctx, head.keyID)
	if err == nil && key.material == nil {
		err = ErrUnknownKey
	}
	if err != nil {
		return Key{}, keyError(err, head.keyID)
	}
	if own := key.Algorithm(); own != "" && own != head.algorithm {
		return Key{}, &Error{Check: CheckAlgorithm, Detail: "the key is for another algorithm", Expected: string(own), Found: string(head.algorithm)}
	}
	if !head.algorithm.fits(key.material.public) {
		return Key{}, &Error{Check: CheckAlgorithm, Detail: "the key is of another type", Found: string(head.algorithm)}
	}
	return key, nil
}

func (v *Verifier) algorithmNames() string {
	names := make([]string, len(v.algorithms))
	for i, algorithm := range v.algorithms {
		names[i] = string(algorithm)
	}
	return strings.Join(names, " ")
}
