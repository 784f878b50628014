package bearer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/bearer"
	"github.com/sallyport/sallyport/verify"
)

func TestTokensThatAreAccepted(t *testing.T) {
	w := newWorld(t)
	good := w.token(nil)
	now := w.clock.Now().Unix()
	for what, value := range map[string]string{
		"a bare token":                        good,
		"after Bearer":                        "Bearer " + good,
		"after bearer":                        "bearer " + good,
		"after two spaces":                    "Bearer  " + good,
		"RS384":                               w.signed(jose.RS384, firstKey(), "k1", nil),
		"RS512":                               w.signed(jose.RS512, firstKey(), "k1", nil),
		"another key":                         w.signed(jose.RS256, secondKey(), "k2", nil),
		"the second audience":                 w.token(claims{"aud": "second"}),
		"one of several audiences":            w.token(claims{"aud": []string{"https://userinfo.example", audience}}),
		"client_id where there is no aud":     w.token(claims{"aud": nil, "client_id": audience}),
		"another client_id beside a good aud": w.token(claims{"client_id": "other"}),
		"without iat":                         w.token(claims{"iat": nil}),
		"iat and nbf now":                     w.token(claims{"iat": now, "nbf": now}),
		"exp with a fraction":                 w.token(claims{"exp": float64(now) + 100.5}),
		"an ID token":                         w.token(claims{"token_use": "id", "scope": nil}),
		"an access token":                     w.token(claims{"token_use": "access", "aud": nil, "client_id": audience}),
		"without scopes":                      w.token(claims{"scope": nil}),
		"without sub":                         w.token(claims{"sub": nil}),
		"typ at+jwt":                          forge(`{"alg":"RS256","kid":"k1","typ":"at+jwt"}`, w.payload(nil)),
		"no typ":                              forge(`{"alg":"RS256","kid":"k1"}`, w.payload(nil)),
		"long":                                w.token(claims{"x": strings.Repeat("x", 6000)}),
	} {
		for range 2 { // anew, and remembered
			w.accepted(what, value)
		}
	}
}

func TestMissingAndSeveralTokens(t *testing.T) {
	w := newWorld(t)
	good := w.token(nil)
	for _, values := range [][]string{nil, {}, {""}, {" \t"}} {
		caller, refusal := w.Authorize(t.Context(), values, []string{"read"})
		if caller != nil || refusal.Status != 401 || refusal.Challenge != "Bearer" {
			t.Errorf("%q: %v %+v", values, caller, refusal)
		}
	}
	for _, values := range [][]string{{good, good}, {"Bearer " + good, ""}, {"", good}, {"Bearer x", good}, {good, good, good}} {
		caller, refusal := w.Authorize(t.Context(), values, nil)
		if caller != nil || refusal.Status != 401 || !strings.Contains(refusal.Reason, "several values") ||
			refusal.Challenge != `Bearer scope="" error="invalid_token" error_description="token contains an invalid number of segments"` {
			t.Errorf("%d values: %v %+v", len(values), caller, refusal)
		}
	}
}

func TestScopesOfTheRoute(t *testing.T) {
	w := newWorld(t)
	for what, c := range map[string]struct {
		given  claims
		route  []string
		scopes string // "": refused
	}{
		"no scopes asked":            {claims{"scope": "read"}, nil, `null`},
		"the only one":               {claims{"scope": "read"}, []string{"read"}, `["read"]`},
		"one of several":             {claims{"scope": "a read b"}, []string{"admin", "read"}, `["read"]`},
		"several":                    {claims{"scope": "a read b"}, []string{"b", "a"}, `["b","a"]`},
		"scp, a string":              {claims{"scope": nil, "scp": "read a"}, []string{"read"}, `["read"]`},
		"scp, a list":                {claims{"scope": nil, "scp": []string{"x", "read"}}, []string{"read"}, `["read"]`},
		"scp beside scope":           {claims{"scope": "other", "scp": []string{"read"}}, []string{"read"}, `["read"]`},
		"none":                       {claims{"scope": nil}, []string{"read"}, ""},
		"an empty scope":             {claims{"scope": ""}, []string{"read"}, ""},
		"an empty scope, asked":      {claims{"scope": ""}, []string{""}, ""},
		"another":                    {claims{"scope": "write"}, []string{"read"}, ""},
		"a part of one":              {claims{"scope": "reader"}, []string{"read"}, ""},
		"one that it is part of":     {claims{"scope": "rea"}, []string{"read"}, ""},
		"another case":               {claims{"scope": "READ"}, []string{"read"}, ""},
		"with commas between":        {claims{"scope": "read,write"}, []string{"read"}, ""},
		"with a tab between":         {claims{"scope": "read\twrite"}, []string{"read"}, ""},
		"in another claim":           {claims{"scope": nil, "scopes": "read", "roles": []string{"read"}}, []string{"read"}, ""},
		"both of the route's in one": {claims{"scope": "read"}, []string{"read write"}, ""},
	} {
		token := w.token(c.given)
		for range 2 {
			caller, refusal := w.Authorize(t.Context(), []string{token}, c.route)
			switch {
			case c.scopes != "" && (caller == nil || string(caller.Scopes()) != c.scopes):
				t.Errorf("%s: %v %+v", what, caller, refusal)
			case c.scopes == "" && (caller != nil || refusal.Status != 403):
				t.Errorf("%s: let in, or %+v", what, refusal)
			}
		}
	}
	_, refusal := w.Authorize(t.Context(), []string{w.token(claims{"scope": "other"})}, []string{"s1", "s2"})
	if want := `Bearer scope="s1 s2" error="insufficient_scope" error_description="expected scopes: [s1 s2]"`; refusal.Challenge != want {
		t.Errorf("the challenge is %s", refusal.Challenge)
	}
	_, refusal = w.Authorize(t.Context(), []string{w.token(nil)}, []string{"a\"\r\nSet-Cookie: x=y", "\\"})
	if strings.ContainsAny(refusal.Challenge, "\r\n\\") || strings.Count(refusal.Challenge, `"`) != 6 {
		t.Errorf("a scope leaves its quotes: %q", refusal.Challenge)
	}
	w.discreet("strange scopes", refusal, "")
}

// An answer for one route is none for another: scopes are compared each time.
func TestARememberedTokenOpensNoOtherRoute(t *testing.T) {
	w := newWorld(t)
	token := w.token(claims{"scope": "read"})
	for range 3 {
		w.accepted("its route", token, "read")
		w.accepted("an open route", token)
		if caller, refusal := w.Authorize(t.Context(), []string{token}, []string{"admin"}); caller != nil || refusal.Status != 403 {
			t.Errorf("let in: %+v", refusal)
		}
	}
}

func TestARememberedTokenExpires(t *testing.T) {
	w := newWorld(t)
	token := w.token(nil)
	w.accepted("in time", token)
	w.clock.Advance(hour(1) - time.Minute)
	w.accepted("in time still", token)
	w.clock.Advance(time.Minute)
	w.refused("after exp", token, "the token has expired")
}

func TestATokenGoesWithItsKey(t *testing.T) {
	w := newWorld(t)
	token := w.token(nil)
	w.accepted("at first", token)
	first := w.issuer.keys["k1"]
	w.issuer.change(func() { delete(w.issuer.keys, "k1") })
	w.refused("its key withdrawn", token, "the token does not have a valid key id")
	w.issuer.change(func() { w.issuer.keys["k1"] = publicKey(t, "k1", secondKey().Public(), "") })
	w.refused("another key by the same name", token, "crypto/rsa: verification error")
	w.issuer.change(func() { w.issuer.keys["k1"] = first })
	w.accepted("its key back", token)
	w.issuer.change(func() { w.issuer.fault = fmt.Errorf("%w: no network", verify.ErrKeysUnavailable) })
	w.refused("no keys", token, "JWKS communication error")
	w.issuer.change(func() {
		w.issuer.fault = fmt.Errorf("%w: %w: no network", verify.ErrKeysUnavailable, verify.ErrDiscovery)
	})
	w.refused("no configuration", token, "OIDC discovery endpoint communication error")
	w.issuer.change(func() { w.issuer.fault = errors.New("anything") })
	w.refused("any other fault", token, "JWKS communication error")
}

// Two authorizers share nothing, though they trust the same issuer.
func TestWhatOneAuthorizerRemembersIsNothingToAnother(t *testing.T) {
	w := newWorld(t)
	token := w.token(nil)
	w.accepted("here", token)
	other, err := bearer.New(bearer.Config{Issuer: w.issuer, Audience: []string{"elsewhere"}, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	if caller, refusal := other.Authorize(t.Context(), []string{token}, nil); caller != nil || !strings.Contains(refusal.Challenge, "the token does not have a valid audience") {
		t.Errorf("let in there: %+v", refusal)
	}
}

func TestNothingButTheSameTokenIsRemembered(t *testing.T) {
	w := newWorld(t)
	token := w.token(nil)
	w.accepted("the token", token)
	for i := range len(token) {
		for _, c := range []byte{'A', 'B', '.'} {
			if token[i] == c {
				continue
			}
			changed := token[:i] + string(c) + token[i+1:]
			if caller, _ := w.Authorize(t.Context(), []string{changed}, nil); caller != nil {
				t.Fatalf("byte %d may be %q", i, c)
			}
		}
	}
	for _, changed := range []string{token + "A", token[:len(token)-1], token + ".", token + "=", token + "\x00", "A" + token, strings.ToLower(token)} {
		if caller, _ := w.Authorize(t.Context(), []string{changed}, nil); caller != nil {
			t.Errorf("%q is taken for %q", changed, token)
		}
	}
}

// A user pool of the server may be trusted by AWS's URL for it. That it is one
// may become known later.
func TestAnIssuerThatGetsAnotherNameIsBelievedUnderThatOneAlone(t *testing.T) {
	w := newWorld(t)
	before := w.token(nil)
	w.accepted("by the first name", before)
	const own = "http://127.0.0.1:4566/eu-west-1_Pool"
	w.issuer.change(func() { w.issuer.name = own })
	for range 2 {
		w.refused("by the first name", before, "the token does not have a valid issuer")
		w.accepted("by its own", w.token(claims{"iss": own}))
	}
}

func TestAuthorizersThatCannotBeMade(t *testing.T) {
	good := &trusted{name: tenant}
	many := slices.Repeat([]string{"a"}, 51)
	for name, c := range map[string]bearer.Config{
		"no issuer":         {Audience: []string{"a"}, Clock: &clock.Clock{}},
		"no clock":          {Issuer: good, Audience: []string{"a"}},
		"no audience":       {Issuer: good, Clock: &clock.Clock{}},
		"an empty audience": {Issuer: good, Audience: []string{"a", ""}, Clock: &clock.Clock{}},
		"51 audiences":      {Issuer: good, Audience: many, Clock: &clock.Clock{}},
		"an open line":      {Issuer: &trusted{name: "http://issuer.example"}, Audience: []string{"a"}, Clock: &clock.Clock{}},
		"an empty name":     {Issuer: &trusted{}, Audience: []string{"a"}, Clock: &clock.Clock{}},
	} {
		if a, err := bearer.New(c); err == nil || a != nil {
			t.Errorf("%s: made", name)
		}
	}
}

func TestClaimsAreStrings(t *testing.T) {
	w := newWorld(t)
	token := forge(`{"alg":"RS256","kid":"k1"}`, strings.TrimSuffix(w.payload(claims{"exp": 4102444800, "iat": 1700000000, "aud": []string{audience, "x"}}), "}")+
		`, "version" : 2,"big":12345678901234567890,"float":1.50,"exp10":1e3,"yes":true,"no":false,"nothing":null,
		"groups":["cooks","gu ests"],"mixed":[1,"a",true,null,["b","c"],{"d":"e"}],"none":[],"empty":"",
		"address":{ "street": "a \"b\" \\ c", "n" : [1, 2] },"quote\"d":"a\"b\\c\n\u00e9é\ud83c\udf55</script>","":"unnamed"}`)
	caller := w.accepted("the token", token, "read")
	var got map[string]string
	if err := json.Unmarshal(caller.Claims(), &got); err != nil {
		t.Fatalf("%v: %s", err, caller.Claims())
	}
	want := map[string]string{
		"iss": tenant, "sub": "ann", "aud": "[https://api.example x]", "iat": "1700000000", "exp": "4102444800", "scope": "read write",
		"version": "2", "big": "12345678901234567890", "float": "1.50", "exp10": "1e3", "yes": "true", "no": "false",
		"groups": "[cooks gu ests]", "mixed": `[1 a true null [b c] {"d":"e"}]`, "none": "[]", "empty": "",
		"address": `{"street":"a \"b\" \\ c","n":[1,2]}`, `quote"d`: "a\"b\\c\nééé🍕</script>", "": "unnamed",
	}
	want[`quote"d`] = "a\"b\\c\néé🍕</script>"
	if !maps.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for name, text := range want {
		if claim, ok := caller.Claim(name); !ok || claim != text {
			t.Errorf("claim %q is %q, %v", name, claim, ok)
		}
	}
	for _, name := range []string{"nothing", "absent", "SUB"} {
		if claim, ok := caller.Claim(name); ok || claim != "" {
			t.Errorf("claim %q is %q", name, claim)
		}
	}
	if caller.Subject() != "ann" || caller.Issuer() != tenant || caller.KeyID() != "k1" {
		t.Errorf("subject %q, issuer %q, key %q", caller.Subject(), caller.Issuer(), caller.KeyID())
	}
}

// There are more callers here than places for what is made of their tokens.
func TestNoCallerIsTakenForAnother(t *testing.T) {
	w := newWorld(t)
	for n := range 600 {
		sub := fmt.Sprint("user", n)
		if caller := w.accepted(sub, w.token(claims{"sub": sub})); caller.Subject() != sub || !strings.Contains(string(caller.Claims()), `"sub":"`+sub+`"`) {
			t.Fatalf("%s is %s: %s", sub, caller.Subject(), caller.Claims())
		}
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	w := newWorld(t)
	tokens := make([]string, 20)
	for i := range tokens {
		tokens[i] = w.token(claims{"sub": fmt.Sprint("user", i)})
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for round := range 5 {
				for i, token := range tokens {
					caller, refusal := w.Authorize(t.Context(), []string{token}, []string{"read"})
					if caller == nil || caller.Subject() != fmt.Sprint("user", i) || !strings.Contains(string(caller.Claims()), fmt.Sprintf(`"user%d"`, i)) {
						t.Errorf("user %d is %v, %+v", i, caller, refusal)
						return
					}
				}
				if round == 2 {
					w.issuer.change(func() { w.issuer.keys["k3"] = w.issuer.keys["k1"] })
				}
			}
		})
	}
	all.Wait()
}
