package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/identitypool"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/userpool"
	"github.com/sallyport/sallyport/verify"
)

// What identity pools need of user pools and of the account, and what the
// account needs of both.

const identityService = "cognito-identity.amazonaws.com"

// loginPools lets identity pools prove the tokens of user pools.
type loginPools struct{ pools *userpool.Service }

func (p loginPools) IDToken(ctx context.Context, poolARN, token string) (*verify.Token, error) {
	id, _, ok := p.pools.Verifiers(poolARN)
	if !ok {
		return nil, fmt.Errorf("%w: %s", identitypool.ErrNoProvider, poolARN)
	}
	return id.Verify(ctx, token)
}

func (p loginPools) StillSignedIn(ctx context.Context, poolARN string, token *verify.Token) (bool, error) {
	return p.pools.StillSignedIn(ctx, poolARN, token)
}

// loginProviders lets identity pools prove what the account's identity
// providers say.
type loginProviders struct{ account *account.Service }

func (p loginProviders) OpenID(ctx context.Context, providerARN, token string) (*verify.Token, error) {
	t, err := p.account.VerifyOpenID(ctx, providerARN, token)
	return t, noProvider(err)
}

func (p loginProviders) SAML(_ context.Context, providerARN, response string, now time.Time) (identitypool.Assertion, error) {
	who, err := p.account.VerifySAML(now, providerARN, response)
	if err != nil {
		return identitypool.Assertion{}, noProvider(err)
	}
	return identitypool.Assertion{Subject: who.Subject, Attributes: who.Attributes}, nil
}

func noProvider(err error) error {
	if errors.Is(err, account.ErrNoProvider) {
		err = fmt.Errorf("%w: %w", identitypool.ErrNoProvider, err)
	}
	return err
}

// identityRoles lets identity pools hand out roles of the account.
type identityRoles struct{ account *account.Service }

func (r identityRoles) MayPass(call *access.Call, roleARN string) access.Verdict {
	return r.account.MayPass(call, roleARN, identityService)
}

func (r identityRoles) Assume(call *access.Call, a identitypool.Assumption) (identitypool.Credentials, error) {
	made, err := r.account.AssumeFor(call, account.Assumption{
		Action: "sts:AssumeRoleWithWebIdentity", Principal: policy.Principal{Caller: policy.Federated, ARN: identityService},
		Conditions: a.Conditions, RoleARN: a.RoleARN, Session: a.Session, Life: a.Life,
		Policy: a.Policy, PolicyARNs: a.PolicyARNs, Tags: a.Tags,
	})
	if errors.Is(err, account.ErrNotTrusted) {
		err = fmt.Errorf("%w: %w", identitypool.ErrNotTrusted, err)
	}
	if err != nil {
		return identitypool.Credentials{}, err
	}
	return identitypool.Credentials{AccessKeyID: made.AccessKeyID, SecretAccessKey: made.SecretAccessKey, SessionToken: made.SessionToken, Expires: made.Expires}, nil
}

// ownIssuers are the issuers of tokens that live here: for
// sts:AssumeRoleWithWebIdentity, and for OpenID Connect providers that stand for
// a user pool.
type ownIssuers struct {
	url        string // the server's
	account    string
	pools      *userpool.Service
	identities *identitypool.TokenVerifier
}

// Issuer finds an issuer by the iss of its tokens, or by the URL that a user
// pool would have at AWS.
func (o ownIssuers) Issuer(url string) (account.Issuer, bool) {
	if url == identitypool.Issuer {
		return account.Issuer{URL: url, Verifier: o.identities}, true
	}
	poolID := url[strings.LastIndexByte(url, '/')+1:]
	region, _, _ := strings.Cut(poolID, "_")
	own, aws := o.url+"/"+poolID, "https://cognito-idp."+region+".amazonaws.com/"+poolID
	if url != own && url != aws {
		return account.Issuer{}, false
	}
	id, _, ok := o.pools.Verifiers("arn:aws:cognito-idp:" + region + ":" + o.account + ":userpool/" + poolID)
	if !ok {
		return account.Issuer{}, false
	}
	return account.Issuer{URL: own, Aliases: []string{aws}, Verifier: id}, true
}

// ownKeys are the keys of user pools, for whoever trusts them as issuers: JWT
// authorizers of HTTP APIs.
type ownKeys struct {
	url     string // the server's
	account string
	pools   *userpool.Service
}

// Issuer finds a pool by the iss of its tokens, or by the URL that it would have
// at AWS, which published templates write. What lies below the server's own URL
// is not looked for elsewhere, whether there is such a pool or not.
func (o ownKeys) Issuer(url string) (name string, keys verify.KeySource, ok bool) {
	if poolID, below := strings.CutPrefix(url, o.url+"/"); below {
		return url, o.pools.KeySet(poolID), true
	}
	if !strings.HasPrefix(url, "https://cognito-idp.") {
		return "", nil, false // said at once: it is asked with each token
	}
	poolID := url[strings.LastIndexByte(url, '/')+1:]
	if atAWS, err := verify.UserPoolIssuer(poolID); err != nil || atAWS != url {
		return "", nil, false
	}
	region, _, _ := strings.Cut(poolID, "_")
	if _, _, ok = o.pools.Verifiers("arn:aws:cognito-idp:" + region + ":" + o.account + ":userpool/" + poolID); !ok {
		return "", nil, false
	}
	return o.url + "/" + poolID, o.pools.KeySet(poolID), true
}
