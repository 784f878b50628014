package verify

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Discover reads an issuer's {issuer}/.well-known/openid-configuration (OpenID
// Connect Discovery 1.0 §4) and serves the keys that it points to. The document
// must name exactly this issuer. Both URLs are https; an issuer at http on
// localhost may have its keys there too.
//
// ctx bounds this call only. A user pool's keys have a fixed place, which
// NewRemoteKeys reads without the detour.
func Discover(ctx context.Context, issuer string, opts ...RemoteOption) (*RemoteKeys, error) {
	r, err := newRemote(opts)
	if err != nil {
		return nil, err
	}
	address, err := parseIssuer(issuer)
	if err != nil {
		return nil, err
	}
	found, err := r.discover(ctx, issuer, address)
	if err != nil {
		return nil, fmt.Errorf("verify: discovery of %s: %w", issuer, err)
	}
	r.address = found
	return r, nil
}

// NewDiscoveredKeys is Discover for a program that runs for long: nothing is
// fetched before the first token, and each fetch of the keys looks up anew where
// they are, so that an issuer may move them. Both documents have the limits and
// the timeout of one, each for itself. What fails is told by Key, with
// ErrKeysUnavailable, and, if it was the first of the two, ErrDiscovery.
func NewDiscoveredKeys(issuer string, opts ...RemoteOption) (*RemoteKeys, error) {
	r, err := newRemote(opts)
	if err != nil {
		return nil, err
	}
	address, err := parseIssuer(issuer)
	if err != nil {
		return nil, err
	}
	r.locate = func(ctx context.Context) (*url.URL, error) {
		place, err := r.discover(ctx, issuer, address)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDiscovery, err)
		}
		return place, nil
	}
	return r, nil
}

// ErrDiscovery: the issuer's configuration could not be read, or names no keys
// that may be used. It comes with ErrKeysUnavailable.
var ErrDiscovery = errors.New("the issuer's configuration cannot be used")

func parseIssuer(issuer string) (*url.URL, error) {
	address, err := parseSecureURL(issuer)
	if err != nil {
		return nil, fmt.Errorf("verify: issuer: %w", err)
	}
	if address.RawQuery != "" || address.ForceQuery {
		return nil, errors.New("verify: issuer: it must not have a query")
	}
	return address, nil
}

func (r *RemoteKeys) discover(ctx context.Context, issuer string, address *url.URL) (*url.URL, error) {
	place, err := url.Parse(strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	text, err := r.fetcher.get(ctx, place)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	}
	document, err := parseObject(text, maxMembers, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: the document: %w", ErrKeysUnavailable, err)
	}
	value, _ := memberNamed(document, "issuer")
	if named, _ := parseString(value); named != issuer {
		return nil, &Error{Check: CheckIssuer, Detail: "the document is another issuer's", Expected: issuer, Found: public(named)}
	}
	value, _ = memberNamed(document, "jwks_uri")
	named, _ := parseString(value)
	keys, err := parseSecureURL(named)
	if err != nil {
		return nil, fmt.Errorf("jwks_uri: %w", err)
	}
	if address.Scheme == "https" && keys.Scheme != "https" {
		return nil, errors.New("jwks_uri: https is required")
	}
	return keys, nil
}

var userPoolID = regexp.MustCompile(`^([a-z]{2}(?:-[a-z]+)+-[0-9]+)_[0-9A-Za-z]{1,40}$`)

// UserPoolIssuer is the issuer of a Cognito user pool in AWS, made from an id
// such as "eu-west-1_AbCdEf123".
func UserPoolIssuer(id string) (issuer string, err error) {
	parts := userPoolID.FindStringSubmatch(id)
	if parts == nil {
		return "", fmt.Errorf("verify: %q is not a user pool id such as eu-west-1_AbCdEf123", public(id))
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(parts[1], "cn-") {
		domain = "amazonaws.com.cn"
	}
	return "https://cognito-idp." + parts[1] + "." + domain + "/" + id, nil
}
