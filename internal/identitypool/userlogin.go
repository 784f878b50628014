package identitypool

import (
	"context"
	"errors"
	"regexp"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/verify"
)

var userPoolKey = regexp.MustCompile(`^cognito-idp\.([a-z0-9-]+)\.amazonaws\.com/(([a-z0-9-]+)_[0-9A-Za-z]+)$`)

// userPoolARN is the ARN of the user pool that a login key names.
func userPoolARN(key, account string) (arn string, ok bool) {
	parts := userPoolKey.FindStringSubmatch(key)
	if parts == nil || parts[1] != parts[3] {
		return "", false
	}
	return "arn:aws:cognito-idp:" + parts[1] + ":" + account + ":userpool/" + parts[2], true
}

// proveUserPool takes the ID token of a user pool, for one of the clients that
// the pool names with it.
func (s *Service) proveUserPool(ctx context.Context, call *access.Call, p *Pool, key, token string) (login, error) {
	arn, ok := userPoolARN(key, s.account)
	if !ok {
		return login{}, refusal{notAuthorized(textNotSupported), "the key names no user pool"}
	}
	t, err := s.userPools.IDToken(ctx, arn, token)
	if err != nil {
		return login{}, tokenRefusal(call, err, token, true)
	}
	for _, u := range p.UserPools {
		if u.Name != key || u.ClientID != t.ClientID() {
			continue
		}
		if u.ServerSideCheck {
			switch good, err := s.userPools.StillSignedIn(ctx, arn, t); {
			case err != nil:
				return login{}, err
			case !good:
				return login{}, refusal{notAuthorized(textSignedOut), "the user is gone, disabled or signed out"}
			}
		}
		return login{provider: key, subject: t.Subject(), kind: byUserPool, names: []string{u.mappingKey(), key}, claims: tokenClaims(t)}, nil
	}
	return login{}, refusal{notAuthorized(textNotSupported), "the pool takes no tokens of this client"}
}

// tokenRefusal says in AWS's words why a token does not hold. Failures that are
// not the token's pass through.
func tokenRefusal(call *access.Call, err error, token string, userPool bool) error {
	text := textUnsigned
	switch {
	case errors.Is(err, verify.ErrKeysUnavailable):
		return refusal{unreachable(), err.Error()}
	case errors.Is(err, ErrNoProvider), errors.Is(err, verify.ErrIssuer), errors.Is(err, verify.ErrAudience):
		text = textNotSupported
	case errors.Is(err, verify.ErrExpired):
		text = textExpired
		// The signature has been proved by now, so that the token may say when.
		if said, e := verify.InsecureDecode(token); e == nil && userPool {
			text = textTokenExpired(said.Expiry().Unix(), call.Time.Unix())
		}
	case errors.Is(err, verify.ErrMalformed), errors.Is(err, verify.ErrUse), errors.Is(err, verify.ErrNotYetValid):
		text = textNotIDToken
	case !isVerify(err):
		return err
	}
	return refusal{notAuthorized(text), err.Error()}
}

func isVerify(err error) bool {
	var refused *verify.Error
	return errors.As(err, &refused)
}
