package userpool_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

func TestSignaturesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(nil)
	client := w.client(pool, byChoice)
	w.user(pool, "luigi")
	luigis := w.withPasskey(w.token(client, "luigi"), newAuthenticator(t, origin))
	n := 0
	for name, answer := range map[string]func(a *authenticator, options string) string{
		"of another origin": func(a *authenticator, options string) string { a.origin = "https://example.org"; return a.get(options) },
		"of a page without TLS": func(a *authenticator, options string) string {
			a.origin = "http://shop.example.com"
			return a.get(options)
		},
		"of a frame":                   func(a *authenticator, options string) string { a.cross = true; return a.get(options) },
		"for another relying party":    func(a *authenticator, options string) string { a.rpID = "example.org"; return a.get(options) },
		"for a part of it":             func(a *authenticator, options string) string { a.rpID = "shop.example.com"; return a.get(options) },
		"of nobody who was there":      func(a *authenticator, options string) string { a.flags = 0; return a.get(options) },
		"of a registration":            func(a *authenticator, options string) string { a.kind = "webauthn.create"; return a.get(options) },
		"of a key that became a copy":  func(a *authenticator, options string) string { a.flags |= syncable; return a.get(options) },
		"for somebody else":            func(a *authenticator, options string) string { a.handle = luigis.handle; return a.get(options) },
		"with somebody else's key":     func(_ *authenticator, options string) string { return luigis.get(options) },
		"with an own key and their id": func(a *authenticator, options string) string { a.signer = luigis.signer; return a.get(options) },
		"with a key nobody knows": func(a *authenticator, options string) string {
			return newAuthenticator(t, origin).get(options)
		},
		"of another challenge": func(a *authenticator, options string) string {
			var asked map[string]any
			json.Unmarshal([]byte(options), &asked)
			asked["challenge"] = b64(make([]byte, 32))
			return a.get(string(must(json.Marshal(asked))(t)))
		},
		"that was tampered with": func(a *authenticator, options string) string {
			return changed(t, a.get(options), "signature", func(b []byte) { b[len(b)-1] ^= 1 })
		},
		"over other data": func(a *authenticator, options string) string {
			return changed(t, a.get(options), "authenticatorData", func(b []byte) { b[36]++ })
		},
		"over other client data": func(a *authenticator, options string) string {
			return changed(t, a.get(options), "clientDataJSON", func(b []byte) { b[len(b)-1] = ' ' })
		},
		"that is none": func(a *authenticator, options string) string {
			return changed(t, a.get(options), "signature", func(b []byte) { clear(b) })
		},
	} {
		n++
		user := fmt.Sprintf("mario-%d", n)
		t.Run(name, func(t *testing.T) {
			w.user(pool, user)
			a := w.withPasskey(w.token(client, user), newAuthenticator(t, origin))
			sane := *a
			session, options := w.byPasskey(client, user)
			_, err := w.sign(client, session, user, answer(a, options))
			if name == "over other client data" { // which is no JSON any more
				refused(t, err, "InvalidParameterException", "")
			} else {
				refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
			}
			sane.counter = 10
			signedIn(t, must(w.sign(client, session, user, sane.get(options)))(t).AuthenticationResult)
		})
	}
}

// changed is an answer with the bytes of one of its fields changed.
func changed(t *testing.T, answer, field string, change func([]byte)) string {
	t.Helper()
	var credential map[string]any
	if err := json.Unmarshal([]byte(answer), &credential); err != nil {
		t.Fatal(err)
	}
	response := credential["response"].(map[string]any)
	b := must(unb64(response[field].(string)))(t)
	change(b)
	response[field] = b64(b)
	return string(must(json.Marshal(credential))(t))
}

func TestASignatureIsGoodForOneSession(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(nil)
	client, other := w.client(pool, byChoice), w.client(pool, byChoice)
	w.user(pool, "mario")
	w.user(pool, "luigi")
	a := w.withPasskey(w.token(client, "mario"), newAuthenticator(t, origin))

	first, firstOptions := w.byPasskey(client, "mario")
	second, _ := w.byPasskey(client, "mario")
	answer := a.get(firstOptions)
	_, err := w.sign(client, second, "mario", answer)
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = w.sign(other, first, "mario", answer)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.sign(client, first, "luigi", answer)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	_, err = w.answerTo(client, "SELECT_CHALLENGE", first, "mario", "ANSWER", "WEB_AUTHN", "CREDENTIAL", answer)
	refused(t, err, "NotAuthorizedException", "Invalid session for the user.")
	for _, text := range []string{"{}", "x", "[]", `{"id":"AA"}`, strings.Repeat(" ", 70<<10)} {
		_, err = w.sign(client, first, "mario", text)
		refused(t, err, "InvalidParameterException", "")
	}
	signedIn(t, must(w.sign(client, first, "mario", answer))(t).AuthenticationResult)
}

func TestACopiedPasskeyIsFound(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(nil)
	client := w.client(pool, byChoice)
	w.user(pool, "mario")
	a := newAuthenticator(t, origin)
	a.counter = 7
	w.withPasskey(w.token(client, "mario"), a)
	sign := func(counter uint32) error {
		session, options := w.byPasskey(client, "mario")
		a.counter = counter - 1 // get counts
		_, err := w.sign(client, session, "mario", a.get(options))
		return err
	}
	for _, counter := range []uint32{7, 1, 0} {
		refused(t, sign(counter), "NotAuthorizedException", "Incorrect username or password.")
	}
	for _, counter := range []uint32{8, 100, 1 << 31} {
		if err := sign(counter); err != nil {
			t.Errorf("%d: %v", counter, err)
		}
	}
	refused(t, sign(100), "NotAuthorizedException", "Incorrect username or password.")

	b := newAuthenticator(t, origin) // as most passkeys are: without a counter
	b.flags |= syncable | synced
	w.withPasskey(w.token(client, "mario"), b)
	for range 3 {
		session, options := w.byPasskey(client, "mario")
		b.counter--
		signedIn(t, must(w.sign(client, session, "mario", b.get(options)))(t).AuthenticationResult)
		b.counter = 0
	}
}

func TestOfManyWhoBringOneSignatureOneIsSignedIn(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.keyed(nil)
		client := w.client(pool, byChoice)
		w.user(pool, "mario")
		token := w.token(client, "mario")
		a := newAuthenticator(t, origin)
		answer := a.create(must(w.startPasskey(token))(t))
		registered := howManyOf(6, func() error { return w.completePasskey(token, answer) })
		session, options := w.byPasskey(client, "mario")
		credential := a.get(options)
		signed := howManyOf(5, func() error { _, err := w.sign(client, session, "mario", credential); return err })
		if registered != 1 || signed != 1 {
			t.Errorf("registered %d times, signed in %d times", registered, signed)
		}
	})
}

// howManyOf counts those of many at once that succeed.
func howManyOf(n int, do func() error) (succeeded int) {
	results := make([]error, n)
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = do() })
	}
	all.Wait()
	for _, err := range results {
		if err == nil {
			succeeded++
		}
	}
	return succeeded
}

func TestAPasskeyWorksForItsPoolAndRelyingParty(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, other := w.keyed(nil), w.keyed(nil)
	client, others := w.client(pool, byChoice), w.client(other, byChoice)
	w.user(pool, "mario")
	w.user(other, "mario")
	a := w.withPasskey(w.token(client, "mario"), newAuthenticator(t, origin))
	w.withPasskey(w.token(others, "mario"), newAuthenticator(t, origin))
	session, options := w.byPasskey(others, "mario")
	a.handle = nil
	_, err := w.sign(others, session, "mario", a.get(options))
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")

	session, options = w.byPasskey(client, "mario")
	must(w.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, WebAuthnConfiguration: configured("example.net")}))(t)
	_, err = w.sign(client, session, "mario", a.get(options))
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	if out := must(w.choose(client, "mario"))(t); names(out.AvailableChallenges) != "PASSWORD PASSWORD_SRP" {
		t.Errorf("offered %s", names(out.AvailableChallenges))
	}
	must(w.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, WebAuthnConfiguration: configured("localhost")}))(t)
	for _, page := range []string{"http://localhost:3000", "http://localhost", "https://localhost:8443"} {
		w.withPasskey(w.token(client, "mario"), newAuthenticator(t, page))
	}
	for _, page := range []string{"http://127.0.0.1:3000", "http://evil.localhost.example.com", "http://localhost:3000/", "http://user@localhost"} {
		refused(t, w.completePasskey(w.token(client, "mario"), newAuthenticator(t, page).create(must(w.startPasskey(w.token(client, "mario")))(t))), "WebAuthnOriginNotAllowedException", "")
	}
}

func TestPasskeysOfHiddenUsers(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(nil, "EMAIL_OTP")
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); hiding(in) })
	shown := w.client(pool, byChoice)
	w.somebody(pool, "mario")
	a := w.withPasskey(w.token(client, "mario"), newAuthenticator(t, origin))
	if _, options := w.byPasskey(client, "mario"); !strings.Contains(options, `"allowCredentials":[]`) {
		t.Errorf("a stranger learns of keys: %s", options)
	}
	if _, options := w.byPasskey(shown, "mario"); !strings.Contains(options, b64(a.id)) {
		t.Errorf("a browser is not told which key: %s", options)
	}
	var strangers []string
	for i := 0; len(strangers) < 2; i++ {
		name := fmt.Sprintf("stranger-%d", i)
		if out := must(w.choose(client, name))(t); names(out.AvailableChallenges) == "PASSWORD PASSWORD_SRP EMAIL_OTP WEB_AUTHN" {
			strangers = append(strangers, name)
		}
	}
	unknown := newAuthenticator(t, origin)
	unknown.signer = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	play := func(name string) (shapes []string) {
		out := must(w.choose(client, name))(t)
		shapes = append(shapes, shapeOf(out.ChallengeName, out.Session, out.ChallengeParameters, nil)+names(out.AvailableChallenges))
		direct := must(w.prefer(client, name, "WEB_AUTHN"))(t)
		shapes = append(shapes, shapeOf(direct.ChallengeName, direct.Session, direct.ChallengeParameters, nil))
		for _, credential := range []string{unknown.get(direct.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]), a.get(direct.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]), "{}", ""} {
			if name == "mario" && strings.Contains(credential, b64(a.id)) {
				credential = unknown.get(direct.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]) // their own would let them in
			}
			_, err := w.sign(client, direct.Session, name, credential)
			shapes = append(shapes, shapeOf("", nil, nil, err))
		}
		return shapes
	}
	want := play("mario")
	for _, name := range strangers {
		if got := play(name); !slices.Equal(want, got) {
			t.Errorf("somebody:\n%q\nnobody:\n%q", want, got)
		}
	}
}
