package identitypool

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/verify"
)

// What this service needs of others, in its own words.

var (
	// ErrNoProvider: there is no such user pool or identity provider.
	ErrNoProvider = errors.New("identitypool: no such provider")
	// ErrNotTrusted: the role is not there, or does not let identities of the pool in.
	ErrNotTrusted = errors.New("identitypool: the role cannot be assumed")
)

// UserPools proves tokens of user pools and knows their users.
type UserPools interface {
	// IDToken proves an ID token of any client of the pool. Errors are
	// ErrNoProvider and those of package verify.
	IDToken(ctx context.Context, poolARN, token string) (*verify.Token, error)
	// StillSignedIn reports whether the user of a proved token is there, enabled,
	// and has not been signed out since it was issued.
	StillSignedIn(ctx context.Context, poolARN string, token *verify.Token) (bool, error)
}

// Providers proves what identity providers of the account say.
type Providers interface {
	// OpenID proves an ID token for one of the provider's client ids. Errors are
	// ErrNoProvider and those of package verify.
	OpenID(ctx context.Context, providerARN, token string) (*verify.Token, error)
	// SAML proves a response, in base64, at an instant. Any error but
	// ErrNoProvider means that it does not hold.
	SAML(ctx context.Context, providerARN, response string, now time.Time) (Assertion, error)
}

// Assertion is what a SAML response says of its subject.
type Assertion struct {
	Subject    string
	Attributes map[string][]string
}

// Roles is what identity pools need of the account whose roles they hand out.
type Roles interface {
	// MayPass answers whether call.Caller may give a role to this service.
	MayPass(call *access.Call, roleARN string) access.Verdict
	// Assume makes a session of a role, or returns ErrNotTrusted.
	Assume(call *access.Call, a Assumption) (Credentials, error)
}

// Assumption is the session that an identity is to get.
type Assumption struct {
	RoleARN    string
	Session    string // its name
	Life       time.Duration
	Conditions map[string][]string // condition keys in lower case, which the session goes on saying
	Policy     string              // session policy; "" for none
	PolicyARNs []string
	Tags       map[string]string
}

// Credentials are an access key that is good with its token, until it expires.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey keyring.Secret
	SessionToken    string
	Expires         time.Time
}
