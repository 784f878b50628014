package verify

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Audience says whose tokens a verifier accepts. Make one with Clients or
// AnyClient; the zero Audience is refused by the constructors.
type Audience struct {
	ids []string
	any bool
}

// Clients accepts tokens issued to one of these app clients (or, with NewJWT,
// for one of these audiences). At least one, none of them empty.
func Clients(ids ...string) Audience { return Audience{ids: slices.Clone(ids)} }

// AnyClient accepts tokens issued to any client of the issuer. That is what API
// Gateway's Cognito authorizer does; with it, everybody who may sign in to any
// application of the user pool may come in here.
func AnyClient() Audience { return Audience{any: true} }

func (a Audience) check() error {
	if !a.any && len(a.ids) == 0 {
		return errors.New("verify: no audience: name your app clients with Clients, or say AnyClient")
	}
	if slices.Contains(a.ids, "") {
		return errors.New("verify: a client id is empty")
	}
	return nil
}

func (a Audience) accepts(id string) bool {
	return id != "" && (a.any || slices.Contains(a.ids, id))
}

// String is for error messages: client ids are public.
func (a Audience) String() string {
	switch {
	case a.any:
		return "any client"
	case len(a.ids) == 1:
		return a.ids[0]
	default:
		return fmt.Sprintf("one of %q", a.ids)
	}
}

// Option refines a Verifier. An option that makes no sense is an error of the
// constructor.
type Option interface{ refineVerifier(*Verifier) error }

type option func(*Verifier) error

func (o option) refineVerifier(v *Verifier) error { return o(v) }

const maxLeeway = 5 * time.Minute

// WithLeeway forgives clocks that differ by up to d when exp, nbf and iat are
// compared: from 0, the default, to 5 minutes.
func WithLeeway(d time.Duration) Option {
	return option(func(v *Verifier) error {
		if d < 0 || d > maxLeeway {
			return fmt.Errorf("verify: a leeway of %s; from 0 to %s is accepted", d, maxLeeway)
		}
		v.leeway = d
		return nil
	})
}

// WithAlgorithms accepts these algorithms and no other. The defaults are RS256
// for NewIDToken and NewAccessToken, since Cognito uses no other, and all that
// this package knows for NewJWT. An algorithm must fit the key in any case.
func WithAlgorithms(algorithms ...Algorithm) Option {
	return option(func(v *Verifier) error {
		if len(algorithms) == 0 {
			return errors.New("verify: WithAlgorithms needs at least one algorithm")
		}
		for _, algorithm := range algorithms {
			if !algorithm.known() {
				return fmt.Errorf("verify: %q is no algorithm that this package accepts", string(algorithm))
			}
		}
		v.algorithms = slices.Clone(algorithms)
		return nil
	})
}

// WithAnyScope requires at least one of these scopes.
func WithAnyScope(scopes ...string) Option {
	return option(func(v *Verifier) error {
		v.anyScope = slices.Clone(scopes)
		return v.needsScopes("WithAnyScope", scopes)
	})
}

// WithAllScopes requires every one of these scopes.
func WithAllScopes(scopes ...string) Option {
	return option(func(v *Verifier) error {
		v.allScopes = slices.Clone(scopes)
		return v.needsScopes("WithAllScopes", scopes)
	})
}

func (v *Verifier) needsScopes(name string, scopes []string) error {
	switch {
	case len(scopes) == 0 || slices.Contains(scopes, ""):
		return errors.New("verify: " + name + " needs at least one scope, and none that is empty")
	case v.kind == idToken:
		return errors.New("verify: " + name + ": ID tokens carry no scopes; verify access tokens instead")
	}
	return nil
}

// WithAnyGroup requires that the user is in at least one of these groups.
func WithAnyGroup(groups ...string) Option {
	return option(func(v *Verifier) error {
		if len(groups) == 0 || slices.Contains(groups, "") {
			return errors.New("verify: WithAnyGroup needs at least one group, and none that is empty")
		}
		v.anyGroup = slices.Clone(groups)
		return nil
	})
}

// WithGroupsClaim reads groups from this claim, an array of strings, instead of
// cognito:groups. Only for NewJWT.
func WithGroupsClaim(name string) Option {
	return option(func(v *Verifier) error {
		if name == "" || v.kind != anyToken {
			return errors.New("verify: WithGroupsClaim names a claim, and goes with NewJWT only")
		}
		v.groupsClaim = name
		return nil
	})
}

// WithClientIDFallback lets client_id stand in for aud in tokens that have no
// aud at all, as API Gateway's JWT authorizer does; Cognito's access tokens
// have none. Only for NewJWT.
func WithClientIDFallback() Option {
	return option(func(v *Verifier) error {
		if v.kind != anyToken {
			return errors.New("verify: WithClientIDFallback goes with NewJWT only")
		}
		v.clientIDFallback = true
		return nil
	})
}

// Bounds of WithTokenLimit, in bytes.
const (
	minTokenLimit = 1 << 10
	maxTokenLimit = 1 << 20
)

// WithTokenLimit refuses tokens longer than so many bytes: from 1 KiB to 1 MiB,
// 16 KiB if not said.
func WithTokenLimit(bytes int) Option {
	return option(func(v *Verifier) error {
		if bytes < minTokenLimit || bytes > maxTokenLimit {
			return fmt.Errorf("verify: a token limit of %d bytes; from %d to %d is accepted", bytes, minTokenLimit, maxTokenLimit)
		}
		v.limit = bytes
		return nil
	})
}

const maxCached = 1 << 20

// WithCache remembers up to n verified tokens (at most 1,048,576; about 2 KB
// each), so that the same token costs no signature check again. Times are
// compared and the key source is asked every time: a token never outlives its
// exp, nor its key. Without this option nothing is remembered.
func WithCache(n int) Option {
	return option(func(v *Verifier) error {
		if n < 1 || n > maxCached {
			return fmt.Errorf("verify: a cache of %d tokens; from 1 to %d is accepted", n, maxCached)
		}
		v.cache = newCache(n)
		return nil
	})
}

// ClockOption is both an Option and a RemoteOption.
type ClockOption struct{ now func() time.Time }

// WithClock takes the time from now instead of time.Now: for a Verifier, and for
// the age of fetched keys.
func WithClock(now func() time.Time) ClockOption { return ClockOption{now} }

var errNoClock = errors.New("verify: WithClock needs a function")

func (o ClockOption) refineVerifier(v *Verifier) error {
	if o.now == nil {
		return errNoClock
	}
	v.now = o.now
	return nil
}

func (o ClockOption) refineRemote(r *RemoteKeys) error {
	if o.now == nil {
		return errNoClock
	}
	r.now = o.now
	return nil
}
