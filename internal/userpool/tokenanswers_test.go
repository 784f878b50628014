package userpool_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// minting is a pool whose tokens a function changes, and ann, who is a cook.
type minting struct {
	*world
	pool   *types.UserPoolType
	client *types.UserPoolClientType
	says   any // what stands in claimsAndScopeOverrideDetails, or in the first version's claimsOverrideDetails
}

const (
	cookRole   = "arn:aws:iam::" + account + ":role/cook"
	waiterRole = "arn:aws:iam::" + account + ":role/waiter"
)

func newMinting(t *testing.T, version types.PreTokenGenerationLambdaVersionType) *minting {
	m := &minting{world: newWorld(t)}
	member := "claimsAndScopeOverrideDetails"
	if version == "V1_0" {
		member = "claimsOverrideDetails"
	}
	f := m.functions.plays("mint", func(e event) (any, error) {
		if text, ok := m.says.(string); ok { // as it stands, for what Go would not write
			e = e.respond(map[string]any{member: "HERE"})
			return strings.Replace(string(must(json.Marshal(e))(t)), `"HERE"`, text, 1), nil
		}
		return e.respond(map[string]any{member: m.says}), nil
	})
	m.pool, m.client = m.triggered(&types.LambdaConfigType{PreTokenGenerationConfig: &types.PreTokenGenerationVersionConfigType{LambdaArn: &f, LambdaVersion: version}})
	ctx := context.Background()
	m.user(m.pool, "ann", "email", "ann@example.com")
	for name, role := range map[string]string{"cooks": cookRole, "waiters": waiterRole} {
		must(m.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: m.pool.Id, GroupName: &name, RoleArn: &role}))(t)
	}
	must(m.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: m.pool.Id, GroupName: aws.String("cooks"), Username: aws.String("ann")}))(t)
	return m
}

type minted struct{ id, access map[string]any }

// mint gives the claims of ann's tokens when the function says so.
func (m *minting) mint(says any) minted {
	m.t.Helper()
	m.says = says
	tokens := m.tokens(m.client, "ann")
	_, id := m.claims(*m.pool.Id, *tokens.IdToken)
	_, bearer := m.claims(*m.pool.Id, *tokens.AccessToken)
	return minted{id, bearer}
}

func TestClaimsThatNoFunctionTouches(t *testing.T) {
	always := []string{"acr", "amr", "at_hash", "aud", "auth_time", "azp", "cognito:username", "exp", "iat", "identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use"}
	inAccess := append([]string{"client_id", "username", "device_key", "event_id", "version", "scope", "scp"}, always...)
	groups := []string{"cognito:groups", "cognito:roles", "cognito:preferred_role"}
	for _, version := range []types.PreTokenGenerationLambdaVersionType{"V1_0", "V2_0", "V3_0"} {
		m := newMinting(t, version)
		before := m.mint(nil)
		add, suppress := map[string]any{}, []string{}
		for _, name := range append(append(inAccess, groups...), "SUB", "\u017fub", "Aud", "COGNITO:GROUPS", "to\u212aen_use") {
			add[name], suppress = "mallory", append(suppress, name)
		}
		for what, changes := range map[string]map[string]any{"added": {"claimsToAddOrOverride": add}, "suppressed": {"claimsToSuppress": suppress}} {
			says := any(map[string]any{"idTokenGeneration": changes, "accessTokenGeneration": changes})
			if version == "V1_0" {
				says = changes
			}
			after := m.mint(says)
			for name := range add {
				if slices.Contains([]string{"jti", "origin_jti", "event_id", "auth_time", "iat", "exp"}, name) {
					if after.id[name] == "mallory" && name != "event_id" || after.access[name] == "mallory" {
						t.Errorf("%s: %s is %s", version, name, what)
					}
					if (after.access[name] == nil) != (before.access[name] == nil) {
						t.Errorf("%s: %s is %s in the access token: %v", version, name, what, after.access[name])
					}
					continue
				}
				if !reflect.DeepEqual(after.access[name], before.access[name]) {
					t.Errorf("%s: %s is %s in the access token: %v", version, name, what, after.access[name])
				}
				own := name == "client_id" || name == "username" || name == "device_key" || name == "version" || name == "scope" || name == "scp"
				if !own && !reflect.DeepEqual(after.id[name], before.id[name]) {
					t.Errorf("%s: %s is %s in the ID token: %v", version, name, what, after.id[name])
				}
			}
		}
		if version == "V3_0" && m.functions.events[0]["version"] != "3" {
			t.Errorf("the version is %v", m.functions.events[0]["version"])
		}
	}
}

func TestWhatIsAddedAndSuppressedIsSuppressed(t *testing.T) {
	both := map[string]any{"claimsToAddOrOverride": map[string]any{"plan": "gold", "email": "b@example.com"}, "claimsToSuppress": []string{"plan", "email"}}
	scopes := map[string]any{"claimsToAddOrOverride": both["claimsToAddOrOverride"], "claimsToSuppress": both["claimsToSuppress"], "scopesToAdd": []string{"shop/read", "shop/write"}, "scopesToSuppress": []string{"shop/write"}}
	for version, says := range map[types.PreTokenGenerationLambdaVersionType]any{"V1_0": both, "V2_0": map[string]any{"idTokenGeneration": both, "accessTokenGeneration": scopes}} {
		m := newMinting(t, version)
		got := m.mint(says)
		for _, name := range []string{"plan", "email"} {
			if got.id[name] != nil || got.access[name] != nil {
				t.Errorf("%s: %s is %v and %v", version, name, got.id[name], got.access[name])
			}
		}
		if version == "V2_0" && got.access["scope"] != "aws.cognito.signin.user.admin shop/read" {
			t.Errorf("the scope is %v", got.access["scope"])
		}
	}
}

func TestWhatAFunctionSaysOfGroups(t *testing.T) {
	const stays = "[cooks] [" + cookRole + "] " + cookRole
	for _, version := range []types.PreTokenGenerationLambdaVersionType{"V1_0", "V2_0"} {
		m := newMinting(t, version)
		for name, c := range map[string]struct {
			says any
			want string // groups, roles, preferred role; "": refused
		}{
			"nothing":           {`{}`, stays},
			"null for it all":   {`null`, stays},
			"null":              {`{"groupOverrideDetails":null}`, "<nil> <nil> <nil>"},
			"empty":             {`{"groupOverrideDetails":{}}`, "<nil> <nil> <nil>"},
			"empty lists":       {`{"groupOverrideDetails":{"groupsToOverride":[],"iamRolesToOverride":[],"preferredRole":null}}`, "<nil> <nil> <nil>"},
			"groups alone":      {`{"groupOverrideDetails":{"groupsToOverride":["chefs"]}}`, "[chefs] <nil> <nil>"},
			"as they were":      {`{"groupOverrideDetails":{"groupsToOverride":["cooks"],"iamRolesToOverride":["` + cookRole + `"],"preferredRole":"` + cookRole + `"}}`, stays},
			"another's role":    {`{"groupOverrideDetails":{"groupsToOverride":["waiters"],"iamRolesToOverride":["` + waiterRole + `"]}}`, "[waiters] [" + waiterRole + "] <nil>"},
			"nobody's role":     {`{"groupOverrideDetails":{"iamRolesToOverride":["arn:aws:iam::` + account + `:role/admin"]}}`, ""},
			"prefers nobody's":  {`{"groupOverrideDetails":{"preferredRole":"arn:aws:iam::` + account + `:role/admin"}}`, ""},
			"a text for a list": {`{"groupOverrideDetails":{"groupsToOverride":"cooks"}}`, ""},
			"another case":      {`{"groupOverrideDetails":{"GroupsToOverride":[]}}`, ""},
		} {
			m.says = c.says
			out, err := m.signIn(m.client, "ann", password)
			if c.want == "" {
				refused(t, err, "InvalidLambdaResponseException", "Unrecognizable lambda output")
				continue
			}
			if err != nil {
				t.Fatalf("%s, %s: %v", version, name, err)
			}
			_, id := m.claims(*m.pool.Id, *out.AuthenticationResult.IdToken)
			_, bearer := m.claims(*m.pool.Id, *out.AuthenticationResult.AccessToken)
			if got := fmt.Sprintf("%v %v %v", id["cognito:groups"], id["cognito:roles"], id["cognito:preferred_role"]); got != c.want || !reflect.DeepEqual(bearer["cognito:groups"], id["cognito:groups"]) {
				t.Errorf("%s, %s: got %s, want %s; the access token has %v", version, name, got, c.want, bearer["cognito:groups"])
			}
		}
	}
}

// A function takes the users' own scope away, and gives none that our own API would
// take in its place.
func TestScopesThatAFunctionGives(t *testing.T) {
	const self = "aws.cognito.signin.user.admin"
	m := newMinting(t, "V2_0")
	for name, c := range map[string]struct {
		says  any
		scope any // nil: the token has none; "": refused
		self  bool
	}{
		"the own one again":     {map[string]any{"scopesToAdd": []string{self}}, self, true},
		"the own one away":      {map[string]any{"scopesToSuppress": []string{self}}, nil, false},
		"added and away":        {map[string]any{"scopesToAdd": []string{self, "a"}, "scopesToSuppress": []string{self}}, "a", false},
		"away, back by a claim": {map[string]any{"scopesToSuppress": []string{self}, "claimsToAddOrOverride": map[string]any{"scope": self, "scp": []string{self}, "Scope": self}}, nil, false},
		"twice":                 {map[string]any{"scopesToAdd": []string{"a", "a"}}, self + " a", true},
		"two in one":            {map[string]any{"scopesToAdd": []string{"a " + self}, "scopesToSuppress": []string{self}}, "", false},
		"a quote":               {map[string]any{"scopesToAdd": []string{`a"b`}}, "", false},
		"a backslash":           {map[string]any{"scopesToAdd": []string{`a\b`}}, "", false},
		"a tab":                 {map[string]any{"scopesToAdd": []string{"a\t" + self}}, "", false},
		"nothing":               {map[string]any{"scopesToAdd": []string{""}}, "", false},
		"not ASCII":             {map[string]any{"scopesToAdd": []string{"\u00a0" + self}}, "", false},
	} {
		m.says = map[string]any{"accessTokenGeneration": c.says}
		out, err := m.signIn(m.client, "ann", password)
		if c.scope == "" {
			refused(t, err, "InvalidLambdaResponseException", "Unrecognizable lambda output")
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, bearer := m.claims(*m.pool.Id, *out.AuthenticationResult.AccessToken); bearer["scope"] != c.scope {
			t.Errorf("%s: the scope is %v", name, bearer["scope"])
		}
		_, err = m.GetUser(context.Background(), &idp.GetUserInput{AccessToken: out.AuthenticationResult.AccessToken})
		if c.self && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !c.self {
			refused(t, err, "NotAuthorizedException", "Access Token does not have required scopes")
		}
	}
}

func TestAnswersThatNoTokenIsMadeOf(t *testing.T) {
	m := newMinting(t, "V2_0")
	claims := func(text string) string { return `{"idTokenGeneration":{"claimsToAddOrOverride":` + text + `}}` }
	for name, c := range map[string]struct {
		says  string
		taken bool
	}{
		"null for a claim":     {claims(`{"a":null}`), true},
		"a large number":       {claims(`{"a":123456789012345678901234567890}`), true},
		"a number out of all":  {claims(`{"a":1e999}`), false},
		"one of them deep":     {claims(`{"a":{"b":[1,-1e999]}}`), false},
		"NaN":                  {claims(`{"a":NaN}`), false},
		"a member twice":       {claims(`{"a":1,"a":2}`), false},
		"twice, by an escape":  {claims(`{"a":1,"\u0061":2}`), false},
		"twice, deep":          {claims(`{"a":{"b":{"c":1,"c":1}}}`), false},
		"nested":               {claims(`{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`), true},
		"nested too deep":      {claims(`{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`), false},
		"a token too long":     {claims(`{"a":"` + strings.Repeat("x", 9000) + `"}`), false},
		"2 MiB":                {claims(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`), false},
		"another case":         {`{"IdTokenGeneration":{}}`, false},
		"a list for claims":    {claims(`[]`), false},
		"the first version's":  {`{"claimsToAddOrOverride":{"a":"b"}}`, false},
		"a number to suppress": {`{"idTokenGeneration":{"claimsToSuppress":[1]}}`, false},
	} {
		m.says = c.says
		grants := m.rows("user_pool_grants")
		_, err := m.signIn(m.client, "ann", password)
		if c.taken != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			refused(t, err, "InvalidLambdaResponseException", "Unrecognizable lambda output")
			if m.rows("user_pool_grants") != grants {
				t.Errorf("%s: a grant was left behind", name)
			}
		}
	}
}
