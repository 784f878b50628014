package userpool

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/userpool/trigger"
)

// tokenRequest and what follows are the event of the pre token generation trigger.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
type tokenRequest struct {
	Attributes map[string]string  `json:"userAttributes"`
	Scopes     []string           `json:"scopes,omitempty"` // from the second version on
	Groups     groupConfiguration `json:"groupConfiguration"`
	Metadata   map[string]string  `json:"clientMetadata,omitempty"`
}

type groupConfiguration struct {
	Groups    []string `json:"groupsToOverride"`
	Roles     []string `json:"iamRolesToOverride"`
	Preferred *string  `json:"preferredRole"`
}

// tokenResponse is of the first version of the event: it is about the ID token,
// and claims are text.
type tokenResponse struct {
	Details *struct {
		Add      map[string]*string                `json:"claimsToAddOrOverride"`
		Suppress []string                          `json:"claimsToSuppress"`
		Groups   trigger.Given[groupConfiguration] `json:"groupOverrideDetails"`
	} `json:"claimsOverrideDetails"`
}

// tokensResponse is of the second and third: it is about both tokens, and claims
// are whatever JSON there is.
type tokensResponse struct {
	Details *struct {
		ID     *claimChanges                     `json:"idTokenGeneration"`
		Access *accessChanges                    `json:"accessTokenGeneration"`
		Groups trigger.Given[groupConfiguration] `json:"groupOverrideDetails"`
	} `json:"claimsAndScopeOverrideDetails"`
}

type claimChanges struct {
	Add      map[string]json.RawMessage `json:"claimsToAddOrOverride"`
	Suppress []string                   `json:"claimsToSuppress"`
}

type accessChanges struct {
	Add            map[string]json.RawMessage `json:"claimsToAddOrOverride"`
	Suppress       []string                   `json:"claimsToSuppress"`
	AddScopes      []string                   `json:"scopesToAdd"`
	SuppressScopes []string                   `json:"scopesToSuppress"`
}

// odd says that a claim has a number such as 1e999, which JSON has and hardly any
// reader of tokens takes.
func odd(claims map[string]json.RawMessage) bool {
	for _, value := range claims {
		var any any
		if json.Unmarshal(value, &any) != nil {
			return true
		}
	}
	return false
}

// Claims that no function touches: they say who issued a token, for whom, to whom
// and for how long. Those of groups and scopes have their own place in the answer.
// What a function says of them is passed over, as at AWS; so is what it says of
// names that some readers take for these, because they differ in case alone.
var (
	fixedClaims = []string{
		"acr", "amr", "at_hash", "aud", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss", "jti", "nbf",
		"nonce", "origin_jti", "sub", "token_use", "cognito:groups", "cognito:roles", "cognito:preferred_role",
	}
	fixedAccessClaims = append(slices.Clone(fixedClaims), "client_id", "device_key", "event_id", "scope", "scp", "username", "version")
)

func untouchable(fixed []string, name string) bool {
	return slices.ContainsFunc(fixed, func(one string) bool { return strings.EqualFold(one, name) })
}

// customise lets the pool's trigger change the claims of two tokens that are about
// to be signed, and says whether it has one.
func (s *Service) customise(ctx context.Context, call *access.Call, of issuance, id, accessClaims map[string]any) (ran bool, err error) {
	p := of.pool.Pool
	if p.function(trigger.PreTokenGeneration) == "" {
		return false, nil
	}
	version := types.PreTokenGenerationLambdaVersionTypeV10
	if c := p.Lambda.PreTokenGenerationConfig; c != nil {
		version = c.LambdaVersion
	}
	o := occasion{
		pool: p, client: of.client.ID, kind: trigger.PreTokenGeneration, what: of.what, username: of.user.Username,
		version: strings.TrimSuffix(strings.TrimPrefix(string(version), "V"), "_0"),
	}
	request := tokenRequest{Attributes: p.toldOf(of.user), Groups: groupsIn(id), Metadata: of.metadata}
	if version == types.PreTokenGenerationLambdaVersionTypeV10 {
		var said tokenResponse
		o.request, o.response = request, &said
		if _, err := s.trigger(ctx, call, o); err != nil || said.Details == nil {
			return true, err
		}
		changes := &claimChanges{Add: map[string]json.RawMessage{}, Suppress: said.Details.Suppress}
		for name, value := range said.Details.Add {
			if value == nil {
				return true, s.senseless(call, o.kind, o.what, "a claim is null")
			}
			changes.Add[name], _ = json.Marshal(*value) // a string always encodes
		}
		s.change(call, o, id, changes, fixedClaims, "")
		return true, s.regroup(ctx, call, o, said.Details.Groups, id, accessClaims)
	}
	var said tokensResponse
	request.Scopes = strings.Fields(accessClaims["scope"].(string))
	o.request, o.response = request, &said
	if _, err := s.trigger(ctx, call, o); err != nil || said.Details == nil {
		return true, err
	}
	if said.Details.ID != nil && odd(said.Details.ID.Add) || said.Details.Access != nil && odd(said.Details.Access.Add) {
		return true, s.senseless(call, o.kind, o.what, "a number is too large for most readers")
	}
	if said.Details.ID != nil {
		s.change(call, o, id, said.Details.ID, fixedClaims, "")
	}
	if c := said.Details.Access; c != nil {
		s.change(call, o, accessClaims, &claimChanges{c.Add, c.Suppress}, fixedAccessClaims, of.client.ID)
		if !rescope(accessClaims, request.Scopes, c) {
			return true, s.senseless(call, o.kind, o.what, "a scope is no scope")
		}
	}
	return true, s.regroup(ctx, call, o, said.Details.Groups, id, accessClaims)
}

// change adds claims and takes some away; what is both added and taken away is
// away. An access token may have an audience, which is the client that it is for.
func (s *Service) change(call *access.Call, o occasion, claims map[string]any, c *claimChanges, fixed []string, audience string) {
	var passed []string
	for name, value := range c.Add {
		var text string
		switch {
		case name == "aud" && audience != "" && json.Unmarshal(value, &text) == nil && text == audience:
			claims[name] = audience
		case untouchable(fixed, name):
			passed = append(passed, name)
		default:
			claims[name] = value
		}
	}
	for _, name := range c.Suppress {
		if untouchable(fixed, name) {
			passed = append(passed, name)
			continue
		}
		delete(claims, name)
	}
	if len(passed) > 0 {
		slices.Sort(passed)
		call.Record.Note("trigger "+string(o.kind.Of(o.what)), audit.Passed, "passed over, for no function changes it: "+strings.Join(passed, ", "), s.clock.Now())
	}
}

// rescope changes the scopes of an access token. The scope that lets users change
// themselves is given by how they signed in, and can only be taken away.
func rescope(claims map[string]any, scopes []string, c *accessChanges) bool {
	now := slices.Clone(scopes)
	for _, scope := range c.AddScopes {
		if !validScope(scope) {
			return false
		}
		if !slices.Contains(now, scope) && scope != scopeSelf {
			now = append(now, scope)
		}
	}
	now = slices.DeleteFunc(now, func(scope string) bool { return slices.Contains(c.SuppressScopes, scope) })
	claims["scope"] = strings.Join(now, " ")
	if len(now) == 0 {
		delete(claims, "scope")
	}
	return true
}

// validScope is a scope-token, RFC 6749 section 3.3.
func validScope(scope string) bool {
	return scope != "" && !strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// groupsIn is what an ID token says of groups.
func groupsIn(id map[string]any) groupConfiguration {
	g := groupConfiguration{Groups: []string{}, Roles: []string{}}
	if names, ok := id["cognito:groups"].([]string); ok {
		g.Groups = names
	}
	if roles, ok := id["cognito:roles"].([]string); ok {
		g.Roles = roles
	}
	if preferred, ok := id["cognito:preferred_role"].(string); ok {
		g.Preferred = &preferred
	}
	return g
}

// regroup sets what both tokens say of groups. An answer that leaves it out
// changes nothing; null or an empty one takes the groups away.
//
// A role is the user's own or that of another group of the pool: who gave it to
// the group was allowed to pass it, and who writes functions need not be. AWS lets
// a function name any role that trusts an identity pool.
func (s *Service) regroup(ctx context.Context, call *access.Call, o occasion, said trigger.Given[groupConfiguration], id, accessClaims map[string]any) error {
	if !said.There {
		return nil
	}
	g := deref(said.Value)
	roles := slices.DeleteFunc(append(slices.Clone(g.Roles), deref(g.Preferred)), func(role string) bool {
		return role == "" || slices.Contains(groupsIn(id).Roles, role)
	})
	if len(roles) > 0 {
		given, err := rolesOfGroups(ctx, s.db, o.pool.ID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(roles, func(role string) bool { return !given[role] }) {
			return s.senseless(call, o.kind, o.what, "it gives a role that no group of the pool has")
		}
	}
	set := func(claims map[string]any, name string, value any, there bool) {
		delete(claims, name)
		if there {
			claims[name] = value
		}
	}
	set(id, "cognito:groups", g.Groups, len(g.Groups) > 0)
	set(accessClaims, "cognito:groups", g.Groups, len(g.Groups) > 0)
	set(id, "cognito:roles", g.Roles, len(g.Roles) > 0)
	set(id, "cognito:preferred_role", deref(g.Preferred), deref(g.Preferred) != "")
	return nil
}
