package userpool

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// scopeSelf lets a user's own token change the user: the one scope of tokens
// that the API issues.
const scopeSelf = "aws.cognito.signin.user.admin"

// issuance is what tokens are made of.
type issuance struct {
	pool     *poolState
	client   *clientState
	user     *User
	grant    *Grant
	device   string            // key of a remembered device that the access token names; "": none
	what     string            // occasion of the pre token generation trigger: Authentication, NewPasswordChallenge, AuthenticateDevice, RefreshTokens
	metadata map[string]string // ClientMetadata that its function hears of
	time     time.Time
}

// issue makes the ID and access token of a grant for the user as they are now.
// Claims are those of
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-id-token.html
// and the page on access tokens beside it.
func (s *Service) issue(ctx context.Context, call *access.Call, of issuance) (*types.AuthenticationResultType, error) {
	p, c, u, g, now := of.pool, of.client, of.user, of.grant, of.time
	groups, err := groupsOfUser(ctx, s.db, u)
	if err != nil {
		return nil, err
	}
	event, err := newUUID(s.random)
	if err != nil {
		return nil, err
	}
	common := func() (map[string]any, error) {
		claims := map[string]any{
			"sub":       u.Sub,
			"iss":       s.issuer(p.ID),
			"auth_time": g.AuthTime,
			"iat":       now.Unix(),
			"event_id":  event,
		}
		if names := groupNames(groups); len(names) > 0 {
			claims["cognito:groups"] = names
		}
		id, err := newUUID(s.random)
		if c.Revocation {
			claims["origin_jti"] = g.OriginID
		}
		claims["jti"] = id
		return claims, err
	}

	bearer, err := common()
	if err != nil {
		return nil, err
	}
	bearer["token_use"] = AccessToken
	bearer["client_id"] = c.ID
	bearer["username"] = u.Username
	bearer["scope"] = scopeSelf
	if of.device != "" {
		bearer["device_key"] = of.device
	}
	bearer["exp"] = now.Add(c.accessValidity()).Unix()

	id, err := common()
	if err != nil {
		return nil, err
	}
	id["token_use"] = IDToken
	id["aud"] = c.ID
	id["cognito:username"] = u.Username
	id["exp"] = now.Add(c.idValidity()).Unix()
	if !c.Revocation {
		delete(id, "jti")
	}
	addRoles(id, groups)
	addAttributes(id, p.Schema, c.Client, u)

	customised, err := s.customise(ctx, call, of, id, bearer)
	if err != nil {
		return nil, err
	}
	accessText, err := s.signFor(p, AccessToken, bearer, now)
	if err != nil {
		return nil, err
	}
	idText, err := s.signFor(p, IDToken, id, now)
	if err != nil {
		return nil, err
	}
	if customised && max(len(accessText), len(idText)) > maxToken { // nobody would take it
		return nil, s.senseless(call, trigger.PreTokenGeneration, of.what, "a token would be too long")
	}
	return &types.AuthenticationResultType{
		AccessToken: &accessText,
		IdToken:     &idText,
		ExpiresIn:   int32(c.accessValidity() / time.Second),
		TokenType:   ptr("Bearer"),
	}, nil
}

func (s *Service) signFor(p *poolState, use TokenUse, claims map[string]any, now time.Time) (string, error) {
	key, err := p.signer(use, now)
	if err != nil {
		return "", err
	}
	return key.key.Sign(s.random, claims)
}

// addAttributes shows the attributes that the client may read. Custom ones are
// text whatever their type. A name that the token needs itself is never taken
// from an attribute: no attribute of a schema has such a name.
func addAttributes(claims map[string]any, schema Schema, c *Client, u *User) {
	for name, value := range u.Attributes {
		a, ok := schema.Find(name)
		if !ok || a.DeveloperOnly || !c.mayRead(a) {
			continue
		}
		claims[name] = claimValue(a, value)
	}
}

func claimValue(a Attribute, value string) any {
	switch {
	case a.Custom():
		return value
	case a.Kind == KindBoolean:
		return strings.EqualFold(value, "true")
	case a.Name == attributeAddress:
		return map[string]string{"formatted": value}
	case a.Kind == KindNumber:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			return n
		}
	case a.Name == attributeIdentities:
		if claim, ok := identitiesClaim(value); ok {
			return claim
		}
	}
	return value
}

// groupsOfUser returns the user's groups, the most important (lowest precedence) first.
func groupsOfUser(ctx context.Context, session store.Session, u *User) ([]*Group, error) {
	groups, err := groupTable.List(ctx, session, groupsOf, u.PoolID, u.NameKey, "", maxJoined)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(groups, func(a, b *Group) int { return cmp.Compare(a.rank(), b.rank()) })
	return groups, nil
}

func groupNames(groups []*Group) []string {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	return names
}

// addRoles lists the roles of all groups. The role of the most important group
// is preferred, unless groups of the same precedence disagree.
func addRoles(claims map[string]any, groups []*Group) {
	var roles []string
	preferred, best := "", int64(0)
	for _, g := range groups {
		if g.RoleARN == "" {
			continue
		}
		if !slices.Contains(roles, g.RoleARN) {
			roles = append(roles, g.RoleARN)
		}
		switch {
		case len(roles) == 1:
			preferred, best = g.RoleARN, g.rank()
		case g.rank() == best && g.RoleARN != preferred:
			preferred = ""
		}
	}
	if len(roles) > 0 {
		claims["cognito:roles"] = roles
		if preferred != "" {
			claims["cognito:preferred_role"] = preferred
		}
	}
}
