package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/verify"
)

func accepted(t *testing.T, v *verify.Verifier, token string) *verify.Token {
	t.Helper()
	verified, err := v.Verify(t.Context(), token)
	if err != nil || verified == nil {
		t.Fatalf("refused: %v", err)
	}
	return verified
}

func TestAnAccessTokenSaysWhatItsBearerMayDo(t *testing.T) {
	token := accepted(t, accessVerifier(t), accessSigner().token(accessClaims()))
	for _, field := range []struct {
		name      string
		got, want any
	}{
		{"Issuer", token.Issuer(), issuer},
		{"Subject", token.Subject(), subject},
		{"Use", token.Use(), "access"},
		{"ClientID", token.ClientID(), clientID},
		{"Username", token.Username(), "regular"},
		{"Audience", len(token.Audience()), 0},
		{"Scopes", fmt.Sprint(token.Scopes()), "[pizza/read pizza/order]"},
		{"Groups", fmt.Sprint(token.Groups()), "[cooks guests]"},
		{"HasScope", token.HasScope("pizza/read"), true},
		{"HasScope of a part", token.HasScope("pizza"), false},
		{"HasScope of two at once", token.HasScope("pizza/read pizza/order"), false},
		{"HasScope of nothing", token.HasScope(""), false},
		{"InGroup", token.InGroup("cooks"), true},
		{"InGroup in capitals", token.InGroup("Cooks"), false},
		{"IssuedAt", token.IssuedAt(), testNow.Add(-time.Minute)},
		{"NotBefore", token.NotBefore().IsZero(), true},
		{"Expiry", token.Expiry(), testNow.Add(59 * time.Minute)},
		{"KeyID", token.KeyID(), "access-key="},
		{"Algorithm", token.Algorithm(), verify.RS256},
		{"Text", token.Text("jti"), "a-jti"},
		{"Text of a number", token.Text("version"), ""},
	} {
		if field.got != field.want {
			t.Errorf("%s = %v, want %v", field.name, field.got, field.want)
		}
	}
	if value, ok := token.Claim("version"); !ok || string(value) != "2" {
		t.Errorf("Claim(version) = %s, %v", value, ok)
	}
	if _, ok := token.Claim("Version"); ok {
		t.Error("claim names must be exact")
	}
	if got := string(token.Claims()); got != toJSON(accessClaims()) {
		t.Errorf("Claims() = %s", got)
	}
}

func TestAnIDTokenSaysWhoSignedIn(t *testing.T) {
	token := accepted(t, idVerifier(t), idSigner().token(idClaims()))
	if token.Use() != "id" || token.ClientID() != clientID || token.Username() != "regular" || token.Text("email") != "regular@example.com" {
		t.Errorf("got %s %s %s %s", token.Use(), token.ClientID(), token.Username(), token.Text("email"))
	}
	if !slices.Equal(token.Audience(), []string{clientID}) || len(token.Scopes()) != 0 {
		t.Errorf("audience %v, scopes %v", token.Audience(), token.Scopes())
	}
}

func TestWhatATokenHandsOutIsACopy(t *testing.T) {
	v := accessVerifier(t, verify.WithCache(8))
	text := accessSigner().token(accessClaims())
	token := accepted(t, v, text)
	token.Groups()[0] = "admins"
	token.Scopes()[0] = "pizza/admin"
	copy(token.Claims(), "garbage")
	value, _ := token.Claim("sub")
	copy(value, "garbage")
	for _, claim := range token.All() {
		clear(claim)
	}
	again := accepted(t, v, text)
	if again.InGroup("admins") || again.HasScope("pizza/admin") || again.Subject() != subject || string(again.Claims()) != toJSON(accessClaims()) {
		t.Error("a caller changed a token that others see")
	}
}

func TestPrintingATokenTellsNothingAboutThePerson(t *testing.T) {
	token := accepted(t, idVerifier(t), idSigner().token(idClaims()))
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		text := fmt.Sprintf(format, token)
		if strings.Contains(text, "regular") || strings.Contains(text, subject) || !strings.Contains(text, clientID) {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

func TestGoodTokensPass(t *testing.T) {
	pool, now := accessSigner(), testNow.Unix()
	access := func(change claims) string { return pool.token(accessClaims(change)) }
	id := func(change claims) string { return idSigner().token(idClaims(change)) }
	body := toJSON(accessClaims())
	inside := strings.TrimSuffix(body, "}")
	any := func(v *verify.Verifier, err error) *verify.Verifier {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	clock := verify.WithClock(atTestNow)
	for _, test := range []struct {
		name  string
		v     *verify.Verifier
		token string
	}{
		{"the last instant before exp", accessVerifier(t), access(claims{"exp": float64(now) + 0.5})},
		{"times with fractions", accessVerifier(t), access(claims{"iat": float64(now) - 0.25, "exp": float64(now) + 60.75})},
		{"times with exponents", accessVerifier(t), pool.sign(pool.header(), strings.Replace(toJSON(accessClaims(claims{"exp": 1})), `"exp":1`, `"exp":1.9e9`, 1))},
		{"iat and nbf now", accessVerifier(t), access(claims{"iat": now, "nbf": now})},
		{"expired within the leeway", accessVerifier(t, verify.WithLeeway(10*time.Second)), access(claims{"exp": now - 9})},
		{"issued ahead within the leeway", accessVerifier(t, verify.WithLeeway(10*time.Second)), access(claims{"iat": now + 10, "nbf": now + 10})},
		{"an access token bound to a resource", accessVerifier(t), access(claims{"aud": "https://api.example.com"})},
		{"a client that acts for itself", accessVerifier(t), access(claims{"sub": clientID, "username": nil, "cognito:groups": nil})},
		{"no groups, no scopes", accessVerifier(t), access(claims{"scope": nil, "cognito:groups": nil})},
		{"typ JWT", accessVerifier(t), pool.sign(`{"typ":"JWT","alg":"RS256","kid":"access-key="}`, body)},
		{"typ at+jwt", accessVerifier(t), pool.sign(`{"typ":"application/AT+JWT","alg":"RS256","kid":"access-key="}`, body)},
		{"jku, which is ignored", accessVerifier(t), pool.sign(`{"jku":"https://evil.example","x5t":"abc","alg":"RS256","kid":"access-key="}`, body)},
		{"kid behind escapes", accessVerifier(t), pool.sign(`{"\u0061lg":"RS\u003256","kid":"access\u002dkey="}`, body)},
		{"30 more members in the header", accessVerifier(t), pool.sign(`{"alg":"RS256","kid":"access-key=",`+manyMembers(30)+`}`, body)},
		{"white space in the JSON", accessVerifier(t), pool.sign(" {\t\"alg\" : \"RS256\" ,\r\n \"kid\":\"access-key=\" } ", strings.ReplaceAll(body, ",", " ,\n\t"))},
		{"every kind of JSON value", accessVerifier(t), pool.sign(pool.header(), inside+`,"x":[null,true,false,-0.5e-3,0,"\u00e9\ud83c\udf55\"\\\/\b\f\n\r\t",{"a":{},"b":[]}],"é":"🍕"}`)},
		{"names that differ in case only", accessVerifier(t), pool.sign(pool.header(), inside+`,"ISS":"x","Exp":1}`)},
		{"the same name in two objects", accessVerifier(t), pool.sign(pool.header(), inside+`,"a":{"iss":"x"},"b":{"iss":"y"}}`)},
		{"16 KiB less a little", accessVerifier(t), access(claims{"x": strings.Repeat("x", 11<<10)})},
		{"more when allowed", accessVerifier(t, verify.WithTokenLimit(64<<10)), access(claims{"x": strings.Repeat("x", 40<<10)})},
		{"any client", any(verify.NewAccessToken(issuer, verify.AnyClient(), poolKeys(t), clock)), access(claims{"client_id": "whoever"})},
		{"the second client", any(verify.NewAccessToken(issuer, verify.Clients("other", clientID), poolKeys(t), clock)), access(nil)},
		{"an ID token with aud in a list", idVerifier(t), id(claims{"aud": []string{clientID}})},
		{"any client's ID token", any(verify.NewIDToken(issuer, verify.AnyClient(), poolKeys(t), clock)), id(claims{"aud": "whoever"})},
		{"one of several audiences", jwtVerifier(t), id(claims{"aud": []string{"other", clientID}})},
		{"a JWT without iat, sub and token_use", jwtVerifier(t), id(claims{"iat": nil, "sub": nil, "token_use": nil})},
		{"client_id in place of aud", jwtVerifier(t, verify.WithClientIDFallback()), access(nil)},
		{"no kid where there is one key", any(verify.NewJWT(issuer, verify.Clients(clientID), one(t, idSigner().key(t)), clock)), idSigner().sign(`{"alg":"RS256"}`, toJSON(idClaims()))},
		{"an issuer that is no URL", any(verify.NewJWT("accounts.example.com", verify.Clients(clientID), poolKeys(t), clock)), id(claims{"iss": "accounts.example.com"})},
		{"an issuer on this machine", any(verify.NewIDToken("http://127.0.0.1:4566/local_1", verify.Clients(clientID), poolKeys(t), clock)), id(claims{"iss": "http://127.0.0.1:4566/local_1"})},
	} {
		t.Run(test.name, func(t *testing.T) { accepted(t, test.v, test.token) })
	}
}

func one(t *testing.T, keys ...verify.Key) *verify.KeySet {
	t.Helper()
	set, err := verify.NewKeySet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEveryAlgorithmVerifiesItsOwnSignaturesOnly(t *testing.T) {
	for _, s := range everySigner() {
		v, err := verify.NewJWT(issuer, verify.Clients(clientID), one(t, s.key(t)), verify.WithClock(atTestNow))
		if err != nil {
			t.Fatal(err)
		}
		if got := accepted(t, v, s.token(idClaims())); got.Algorithm() != s.algorithm {
			t.Errorf("%s: Algorithm() = %s", s.algorithm, got.Algorithm())
		}
		// The same bytes under a header that claims another algorithm, and other
		// people's signatures under this header.
		for _, other := range everySigner() {
			if other.algorithm == s.algorithm {
				continue
			}
			header := fmt.Sprintf(`{"kid":%q,"alg":%q}`, s.id, other.algorithm)
			if _, err := v.Verify(t.Context(), s.sign(header, toJSON(idClaims()))); !errors.Is(err, verify.ErrAlgorithm) {
				t.Errorf("%s key, header says %s: %v", s.algorithm, other.algorithm, err)
			}
			if _, err := v.Verify(t.Context(), other.sign(s.header(), toJSON(idClaims()))); !errors.Is(err, verify.ErrSignature) {
				t.Errorf("%s key, signed with %s: %v", s.algorithm, other.algorithm, err)
			}
		}
		// A key that states no algorithm is still held to its type and curve.
		free, err := verify.NewKey(s.id, s.private.Public(), "")
		if err != nil {
			t.Fatal(err)
		}
		v, _ = verify.NewJWT(issuer, verify.Clients(clientID), one(t, free), verify.WithClock(atTestNow))
		accepted(t, v, s.token(idClaims()))
		for _, other := range everySigner() {
			header := fmt.Sprintf(`{"kid":%q,"alg":%q}`, s.id, other.algorithm)
			token, err := v.Verify(t.Context(), s.sign(header, toJSON(idClaims())))
			if other.algorithm != s.algorithm && (err == nil || token != nil) {
				t.Errorf("%s signature accepted as %s", s.algorithm, other.algorithm)
			}
		}
	}
}

func TestECDSASignaturesInASN1AreRefused(t *testing.T) {
	s := everySigner()[6]
	signed := segment(s.header()) + "." + segment(toJSON(idClaims()))
	v, err := verify.NewJWT(issuer, verify.Clients(clientID), one(t, s.key(t)), verify.WithClock(atTestNow))
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), signed+"."+segment(string(asn1Signature(t, s, signed))))
	if !errors.Is(err, verify.ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestScopesAndGroupsThatAreRequired(t *testing.T) {
	token := accessSigner().token(accessClaims())
	none := accessSigner().token(accessClaims(claims{"scope": nil, "cognito:groups": nil}))
	for _, test := range []struct {
		name  string
		opt   verify.Option
		token string
		want  error
	}{
		{"any: one matches", verify.WithAnyScope("pizza/admin", "pizza/read"), token, nil},
		{"any: none matches", verify.WithAnyScope("pizza/admin", "pizza/rea"), token, verify.ErrScope},
		{"any: token without scopes", verify.WithAnyScope("pizza/read"), none, verify.ErrScope},
		{"all: all match", verify.WithAllScopes("pizza/order", "pizza/read"), token, nil},
		{"all: one is missing", verify.WithAllScopes("pizza/read", "pizza/admin"), token, verify.ErrScope},
		{"group: one matches", verify.WithAnyGroup("admins", "cooks"), token, nil},
		{"group: none matches", verify.WithAnyGroup("admins"), token, verify.ErrGroup},
		{"group: token without groups", verify.WithAnyGroup("cooks"), none, verify.ErrGroup},
		{"scopes in a list", verify.WithAllScopes("a", "b"), accessSigner().token(accessClaims(claims{"scope": []string{"a", "b"}})), nil},
		{"scopes in scp", verify.WithAllScopes("a", "b"), accessSigner().token(accessClaims(claims{"scope": nil, "scp": []string{"b", "a"}})), nil},
		{"scopes in scp as text", verify.WithAllScopes("a"), accessSigner().token(accessClaims(claims{"scope": nil, "scp": "b a"})), nil},
		{"scopes are split at spaces only", verify.WithAnyScope("a"), accessSigner().token(accessClaims(claims{"scope": "a\tb"})), verify.ErrScope},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := accessVerifier(t, test.opt).Verify(t.Context(), test.token)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	grouped := jwtVerifier(t, verify.WithGroupsClaim("groups"), verify.WithAnyGroup("staff"))
	accepted(t, grouped, idSigner().token(idClaims(claims{"groups": []string{"staff"}})))
	expectRefused(t, grouped, []attack{
		{"the group stands in another claim", idSigner().token(idClaims(claims{"cognito:groups": []string{"staff"}})), verify.CheckGroup},
	})
}

func TestAnUnsafeVerifierCannotBeMade(t *testing.T) {
	keys := poolKeys(t)
	ours := verify.Clients(clientID)
	type constructor func(string, verify.Audience, verify.KeySource, ...verify.Option) (*verify.Verifier, error)
	for name, make := range map[string]constructor{"NewIDToken": verify.NewIDToken, "NewAccessToken": verify.NewAccessToken, "NewJWT": verify.NewJWT} {
		for _, test := range []struct {
			name     string
			issuer   string
			audience verify.Audience
			keys     verify.KeySource
			opts     []verify.Option
		}{
			{"no issuer", "", ours, keys, nil},
			{"a blank issuer", " ", ours, keys, nil},
			{"an issuer over http", "http://cognito.example.com/pool", ours, keys, nil},
			{"an issuer that only looks local", "http://localhost.example.com/pool", ours, keys, nil},
			{"an issuer with a password", "https://user:pass@example.com/pool", ours, keys, nil},
			{"an issuer of another scheme", "ftp://example.com/pool", ours, keys, nil},
			{"the zero audience", issuer, verify.Audience{}, keys, nil},
			{"no client", issuer, verify.Clients(), keys, nil},
			{"an empty client", issuer, verify.Clients(clientID, ""), keys, nil},
			{"no keys", issuer, ours, nil, nil},
			{"a nil option", issuer, ours, keys, []verify.Option{nil}},
			{"no clock", issuer, ours, keys, []verify.Option{verify.WithClock(nil)}},
			{"a negative leeway", issuer, ours, keys, []verify.Option{verify.WithLeeway(-1)}},
			{"a leeway of an hour", issuer, ours, keys, []verify.Option{verify.WithLeeway(time.Hour)}},
			{"no algorithm", issuer, ours, keys, []verify.Option{verify.WithAlgorithms()}},
			{"none", issuer, ours, keys, []verify.Option{verify.WithAlgorithms("none")}},
			{"HMAC", issuer, ours, keys, []verify.Option{verify.WithAlgorithms(verify.RS256, "HS256")}},
			{"no scope", issuer, ours, keys, []verify.Option{verify.WithAnyScope()}},
			{"no scope at all", issuer, ours, keys, []verify.Option{verify.WithAllScopes()}},
			{"an empty scope", issuer, ours, keys, []verify.Option{verify.WithAnyScope("a", "")}},
			{"no group", issuer, ours, keys, []verify.Option{verify.WithAnyGroup()}},
			{"an empty group", issuer, ours, keys, []verify.Option{verify.WithAnyGroup("")}},
			{"an empty cache", issuer, ours, keys, []verify.Option{verify.WithCache(0)}},
			{"a boundless cache", issuer, ours, keys, []verify.Option{verify.WithCache(1 << 30)}},
			{"no token fits", issuer, ours, keys, []verify.Option{verify.WithTokenLimit(0)}},
			{"tokens without limit", issuer, ours, keys, []verify.Option{verify.WithTokenLimit(1 << 30)}},
		} {
			t.Run(name+": "+test.name, func(t *testing.T) {
				v, err := make(test.issuer, test.audience, test.keys, test.opts...)
				if err == nil || v != nil {
					t.Errorf("made %v, %v", v, err)
				}
			})
		}
	}
	for name, opt := range map[string]verify.Option{"scopes": verify.WithAnyScope("a"), "all scopes": verify.WithAllScopes("a"), "fallback": verify.WithClientIDFallback(), "groups claim": verify.WithGroupsClaim("groups")} {
		if _, err := verify.NewIDToken(issuer, ours, keys, opt); err == nil {
			t.Errorf("an ID token verifier was made with %s", name)
		}
	}
}

func TestErrorsCanBeToldApart(t *testing.T) {
	outage := errors.New("the network is down")
	for name, test := range map[string]struct {
		answer error
		want   error
		not    error
	}{
		"unknown":             {verify.ErrUnknownKey, verify.ErrUnknownKey, verify.ErrKeysUnavailable},
		"unknown, wrapped":    {fmt.Errorf("pool: %w", verify.ErrUnknownKey), verify.ErrUnknownKey, verify.ErrKeysUnavailable},
		"unavailable":         {verify.ErrKeysUnavailable, verify.ErrKeysUnavailable, verify.ErrUnknownKey},
		"any other error":     {outage, verify.ErrKeysUnavailable, verify.ErrUnknownKey},
		"no key and no error": {nil, verify.ErrUnknownKey, verify.ErrKeysUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := verify.NewAccessToken(issuer, verify.Clients(clientID), keysFunc(func(context.Context, string) (verify.Key, error) { return verify.Key{}, test.answer }), verify.WithClock(atTestNow))
			if err != nil {
				t.Fatal(err)
			}
			_, err = v.Verify(t.Context(), accessSigner().token(accessClaims()))
			if !errors.Is(err, test.want) || errors.Is(err, test.not) {
				t.Errorf("got %v", err)
			}
			if test.answer == outage && !errors.Is(err, outage) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}

func TestMessagesSayWhatToDo(t *testing.T) {
	v := accessVerifier(t)
	for _, test := range []struct {
		token string
		want  string
	}{
		{accessSigner().token(accessClaims(claims{"iss": issuer + "/"})),
			`verify: the token comes from another issuer (expected "` + issuer + `", found "` + issuer + `/")`},
		{accessSigner().token(idClaims()),
			`verify: the token is of another kind: an access token is due (expected "access", found "id")`},
		{accessSigner().token(accessClaims(claims{"client_id": "other"})),
			`verify: the token is for another audience (expected "` + clientID + `", found "other")`},
		{accessSigner().token(accessClaims(claims{"exp": testNow.Unix() - 5})),
			`verify: the token has expired: at 2026-01-02T03:04:00Z; now it is 2026-01-02T03:04:05Z`},
		{"a.b.c.d.e",
			`verify: the token is malformed: it has five segments: encrypted tokens (JWE), such as Cognito's refresh tokens, cannot be verified`},
		{"Bearer " + accessSigner().token(accessClaims()),
			`verify: the token is malformed: it begins with "Bearer ": pass what follows`},
	} {
		_, err := v.Verify(t.Context(), test.token)
		if err == nil || err.Error() != test.want {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
	}
}

func TestInsecureDecodeShowsWhatAnyoneMayHaveWritten(t *testing.T) {
	token, err := verify.InsecureDecode(segment(`{"alg":"none","kid":"x"}`) + "." + segment(toJSON(idClaims())) + ".")
	if err != nil {
		t.Fatal(err)
	}
	if token.Algorithm() != "none" || token.KeyID() != "x" || token.Subject() != subject || token.ClientID() != clientID ||
		string(token.Header()) != `{"alg":"none","kid":"x"}` || !slices.Equal(token.Groups(), []string{"cooks", "guests"}) {
		t.Errorf("got %s %s", token.Header(), token.Claims())
	}
	for _, bad := range []string{"", "a.b.c", segment(`{}`) + "." + segment(`{}`) + "."} {
		if _, err := verify.InsecureDecode(bad); !errors.Is(err, verify.ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
