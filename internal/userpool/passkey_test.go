package userpool_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const origin = "https://shop.example.com"

// keyed is a pool with passkeys for example.com.
func (w *world) keyed(change func(*types.WebAuthnConfigurationType), factors ...types.AuthFactorType) *types.UserPoolType {
	w.t.Helper()
	pool := w.pool(choosing(append(factors, "WEB_AUTHN")...))
	set := configured("example.com")
	if change != nil {
		change(set)
	}
	must(w.SetUserPoolMfaConfig(context.Background(), &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, WebAuthnConfiguration: set}))(w.t)
	return pool
}

func configured(relyingParty string) *types.WebAuthnConfigurationType {
	return &types.WebAuthnConfigurationType{RelyingPartyId: &relyingParty}
}

func (w *world) token(c *types.UserPoolClientType, name string) *string {
	w.t.Helper()
	return w.tokens(c, name).AccessToken
}

func (w *world) startPasskey(token *string) (map[string]any, error) {
	out, err := w.StartWebAuthnRegistration(context.Background(), &idp.StartWebAuthnRegistrationInput{AccessToken: token})
	if err != nil {
		return nil, err
	}
	var options map[string]any
	return options, out.CredentialCreationOptions.UnmarshalSmithyDocument(&options)
}

func (w *world) completePasskey(token *string, answer any) error {
	_, err := w.CompleteWebAuthnRegistration(context.Background(), &idp.CompleteWebAuthnRegistrationInput{AccessToken: token, Credential: document.NewLazyDocument(answer)})
	return err
}

// withPasskey registers an authenticator's key.
func (w *world) withPasskey(token *string, a *authenticator) *authenticator {
	w.t.Helper()
	if err := w.completePasskey(token, a.create(must(w.startPasskey(token))(w.t))); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// byPasskey asks for a challenge to sign.
func (w *world) byPasskey(c *types.UserPoolClientType, name string) (session *string, options string) {
	w.t.Helper()
	out := must(w.prefer(c, name, "WEB_AUTHN"))(w.t)
	if out.ChallengeName != "WEB_AUTHN" {
		w.t.Fatalf("asked for %s", out.ChallengeName)
	}
	return out.Session, out.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]
}

func (w *world) sign(c *types.UserPoolClientType, session *string, name, credential string) (*idp.RespondToAuthChallengeOutput, error) {
	return w.answerTo(c, "WEB_AUTHN", session, name, "CREDENTIAL", credential)
}

func (w *world) passkeys(token *string) []types.WebAuthnCredentialDescription {
	w.t.Helper()
	return must(w.ListWebAuthnCredentials(context.Background(), &idp.ListWebAuthnCredentialsInput{AccessToken: token}))(w.t).Credentials
}

func TestAPasskeyIsRegisteredAndSignsIn(t *testing.T) { onEveryEngine(t, aPasskeyIsRegistered) }

func aPasskeyIsRegistered(t *testing.T, w *world) {
	pool := w.keyed(nil)
	client := w.client(pool, byChoice)
	sub := must(w.AdminGetUser(context.Background(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: w.user(pool, "mario").Username}))(t).UserAttributes[0].Value
	token := w.token(client, "mario")

	options := must(w.startPasskey(token))(t)
	rp, user := options["rp"].(map[string]any), options["user"].(map[string]any)
	handle := must(base64.RawURLEncoding.DecodeString(user["id"].(string)))(t)
	selection := options["authenticatorSelection"].(map[string]any)
	if rp["id"] != "example.com" || string(handle) != *sub || user["name"] != "mario" || selection["residentKey"] != "required" || selection["userVerification"] != "preferred" {
		t.Errorf("a browser is asked for %v", options)
	}
	if challenge := must(base64.RawURLEncoding.DecodeString(options["challenge"].(string)))(t); len(challenge) < 32 {
		t.Errorf("a challenge of %d bytes", len(challenge))
	}

	rsaKey := newAuthenticator(t, "https://example.com:8443")
	rsaKey.signer = must(rsa.GenerateKey(rand.Reader, 2048))(t)
	for _, a := range []*authenticator{w.withPasskey(token, newAuthenticator(t, origin)), w.withPasskey(token, rsaKey)} {
		session, options := w.byPasskey(client, "mario")
		answer := a.get(options)
		signedIn(t, must(w.sign(client, session, "mario", answer))(t).AuthenticationResult)
		_, err := w.sign(client, session, "mario", answer)
		refused(t, err, "NotAuthorizedException", "Invalid session for the user.")

		// At once with the choice: the question came with it.
		choice := must(w.choose(client, "mario"))(t)
		if names(choice.AvailableChallenges) != "PASSWORD PASSWORD_SRP WEB_AUTHN" {
			t.Fatalf("offered %s", names(choice.AvailableChallenges))
		}
		answer = a.get(choice.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])
		signedIn(t, must(w.answerTo(client, "SELECT_CHALLENGE", choice.Session, "mario", "ANSWER", "WEB_AUTHN", "CREDENTIAL", answer))(t).AuthenticationResult)

		// Or after it.
		choice = must(w.choose(client, "mario"))(t)
		asked := must(w.answerTo(client, "SELECT_CHALLENGE", choice.Session, "mario", "ANSWER", "WEB_AUTHN"))(t)
		signedIn(t, must(w.sign(client, asked.Session, "mario", a.get(asked.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"])))(t).AuthenticationResult)
	}
	if again := must(w.startPasskey(token))(t); len(again["excludeCredentials"].([]any)) != 2 {
		t.Errorf("keys that are there already: %v", again["excludeCredentials"])
	}
	factors := must(w.GetUserAuthFactors(context.Background(), &idp.GetUserAuthFactorsInput{AccessToken: token}))(t)
	if len(factors.ConfiguredUserAuthFactors) != 2 || factors.ConfiguredUserAuthFactors[1] != "WEB_AUTHN" {
		t.Errorf("the user has %v", factors.ConfiguredUserAuthFactors)
	}
}

func TestPasskeysAreListedAndDeletedByTheirOwners(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.keyed(nil)
		client := w.client(pool, byChoice)
		w.user(pool, "mario")
		w.user(pool, "luigi")
		marios, luigis := w.token(client, "mario"), w.token(client, "luigi")
		var own []*authenticator
		for range 5 {
			own = append(own, w.withPasskey(marios, newAuthenticator(t, origin)))
		}
		w.withPasskey(luigis, newAuthenticator(t, origin))
		seen, in := map[string]bool{}, &idp.ListWebAuthnCredentialsInput{AccessToken: marios, MaxResults: aws.Int32(2)}
		for pages := 1; ; pages++ {
			out := must(w.ListWebAuthnCredentials(context.Background(), in))(t)
			for _, c := range out.Credentials {
				seen[*c.CredentialId] = true
				if *c.RelyingPartyId != "example.com" || !strings.HasPrefix(*c.FriendlyCredentialName, "Passkey ") || c.CreatedAt == nil ||
					strings.Join(c.AuthenticatorTransports, " ") != "usb nfc" || *c.AuthenticatorAttachment != "cross-platform" {
					t.Errorf("shown is %+v", c)
				}
			}
			if in.NextToken = out.NextToken; in.NextToken == nil {
				if pages != 3 || len(seen) != 5 {
					t.Errorf("%d passkeys on %d pages", len(seen), pages)
				}
				break
			}
			_, err := w.ListWebAuthnCredentials(context.Background(), &idp.ListWebAuthnCredentialsInput{AccessToken: luigis, NextToken: out.NextToken})
			refused(t, err, "InvalidParameterException", "")
		}
		remove := func(token *string, id string) error {
			_, err := w.DeleteWebAuthnCredential(context.Background(), &idp.DeleteWebAuthnCredentialInput{AccessToken: token, CredentialId: &id})
			return err
		}
		refused(t, remove(luigis, b64(own[0].id)), "ResourceNotFoundException", "")
		session, options := w.byPasskey(client, "mario")
		if err := remove(marios, b64(own[0].id)); err != nil {
			t.Fatal(err)
		}
		refused(t, remove(marios, b64(own[0].id)), "ResourceNotFoundException", "")
		_, err := w.sign(client, session, "mario", own[0].get(options))
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")

		must(w.AdminDeleteUser(context.Background(), &idp.AdminDeleteUserInput{UserPoolId: pool.Id, Username: aws.String("mario")}))(t)
		w.user(pool, "mario") // another one: none of it is theirs
		if list := w.passkeys(w.token(client, "mario")); len(list) != 0 {
			t.Errorf("%d passkeys of who had the name before", len(list))
		}
	})
}

func TestAUserHasTwentyPasskeys(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(nil)
	client := w.client(pool, byChoice)
	w.user(pool, "mario")
	token := w.token(client, "mario")
	for range 19 {
		w.withPasskey(token, newAuthenticator(t, origin))
	}
	w.withPasskey(token, newAuthenticator(t, origin))
	_, err := w.startPasskey(token)
	refused(t, err, "LimitExceededException", "")
}

func TestAPasskeyIsBothFactorsWhereItMayBe(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.keyed(func(in *types.WebAuthnConfigurationType) {
		in.FactorConfiguration = "MULTI_FACTOR_WITH_USER_VERIFICATION"
	}, "EMAIL_OTP")
	must(w.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, MfaConfiguration: "OPTIONAL", EmailMfaConfiguration: &types.EmailMfaConfigType{}}))(t)
	shown := must(w.GetUserPoolMfaConfig(ctx, &idp.GetUserPoolMfaConfigInput{UserPoolId: pool.Id}))(t).WebAuthnConfiguration
	if shown == nil || *shown.RelyingPartyId != "example.com" || shown.FactorConfiguration != "MULTI_FACTOR_WITH_USER_VERIFICATION" {
		t.Fatalf("shown is %+v", shown)
	}
	client := w.client(pool, byChoice)
	w.somebody(pool, "mario")
	token := w.token(client, "mario")
	a := w.withPasskey(token, newAuthenticator(t, origin))
	prefer := func(email, passkey *bool) error {
		in := &idp.SetUserMFAPreferenceInput{AccessToken: token}
		if email != nil {
			in.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: *email}
		}
		if passkey != nil {
			in.WebAuthnMfaSettings = &types.WebAuthnMfaSettingsType{Enabled: *passkey}
		}
		_, err := w.SetUserMFAPreference(ctx, in)
		return err
	}
	offered := func() string { return names(must(w.choose(client, "mario"))(t).AvailableChallenges) }
	if got := offered(); got != "PASSWORD PASSWORD_SRP EMAIL_OTP WEB_AUTHN" {
		t.Errorf("without a second factor: %s", got)
	}
	refused(t, prefer(nil, aws.Bool(true)), "InvalidParameterException", "") // it would be the only one
	if err := prefer(aws.Bool(true), nil); err != nil {
		t.Fatal(err)
	}
	if got := offered(); got != "PASSWORD PASSWORD_SRP" {
		t.Errorf("with a second factor: %s", got)
	}
	if err := prefer(nil, aws.Bool(true)); err != nil {
		t.Fatal(err)
	}
	if got := offered(); got != "PASSWORD PASSWORD_SRP WEB_AUTHN" {
		t.Errorf("with a passkey that is both: %s", got)
	}
	session, options := w.byPasskey(client, "mario")
	if !strings.Contains(options, `"userVerification":"required"`) {
		t.Errorf("asked for %s", options)
	}
	a.flags = userPresent
	_, err := w.sign(client, session, "mario", a.get(options))
	refused(t, err, "NotAuthorizedException", "Incorrect username or password.")
	a.flags |= userVerified
	signedIn(t, must(w.sign(client, session, "mario", a.get(options)))(t).AuthenticationResult)
	if out := must(w.signIn(client, "mario", password))(t); out.ChallengeName != "EMAIL_OTP" {
		t.Errorf("a password alone led to %s", out.ChallengeName)
	}
	if err := prefer(aws.Bool(false), nil); err != nil {
		t.Fatal(err)
	}
	refused(t, prefer(nil, aws.Bool(true)), "InvalidParameterException", "") // it went with the last other one
}

func TestWherePasskeysAreNotTaken(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	set := func(pool *types.UserPoolType, in *types.WebAuthnConfigurationType) error {
		_, err := w.SetUserPoolMfaConfig(ctx, &idp.SetUserPoolMfaConfigInput{UserPoolId: pool.Id, WebAuthnConfiguration: in})
		return err
	}
	off, bare := w.pool(choosing("EMAIL_OTP")), w.pool(choosing("WEB_AUTHN"))
	for _, pool := range []*types.UserPoolType{off, bare} {
		w.user(pool, "mario")
	}
	if err := set(off, &types.WebAuthnConfigurationType{RelyingPartyId: aws.String("example.com")}); err != nil {
		t.Fatal(err)
	}
	_, err := w.startPasskey(w.token(w.client(off, byChoice), "mario"))
	refused(t, err, "WebAuthnNotEnabledException", "")
	token := w.token(w.client(bare, byChoice), "mario")
	_, err = w.startPasskey(token)
	refused(t, err, "WebAuthnConfigurationMissingException", "")
	_, err = w.startPasskey(aws.String("x"))
	refused(t, err, "NotAuthorizedException", "")
	for _, id := range []string{"", "https://example.com", "example.com:443", "Example.com", "com", "127.0.0.1", "-a.com", "a..com", "example.com.", strings.Repeat("a.", 70) + "com", "пицца.рф"} {
		refused(t, set(bare, &types.WebAuthnConfigurationType{RelyingPartyId: &id}), "InvalidParameterException", "")
	}
	refused(t, set(bare, &types.WebAuthnConfigurationType{UserVerification: "discouraged"}), "InvalidParameterException", "")
	refused(t, set(bare, &types.WebAuthnConfigurationType{FactorConfiguration: "BOTH"}), "InvalidParameterException", "")
	lite := w.pool(func(in *idp.CreateUserPoolInput) { in.UserPoolTier = "LITE" })
	refused(t, set(lite, &types.WebAuthnConfigurationType{RelyingPartyId: aws.String("example.com")}), "FeatureUnavailableInTierException", "")
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(func(in *types.WebAuthnConfigurationType) { in.UserVerification = "required" })
	client, other := w.client(pool, byChoice), w.client(pool, byChoice)
	w.user(pool, "mario")
	w.user(pool, "luigi")
	token, others, luigis := w.token(client, "mario"), w.token(other, "mario"), w.token(client, "luigi")
	for name, c := range map[string]struct {
		change func(*authenticator)
		code   string
	}{
		"another origin":          {func(a *authenticator) { a.origin = "https://example.org" }, "WebAuthnOriginNotAllowedException"},
		"one that ends alike":     {func(a *authenticator) { a.origin = "https://badexample.com" }, "WebAuthnOriginNotAllowedException"},
		"one that begins alike":   {func(a *authenticator) { a.origin = "https://example.com.evil.org" }, "WebAuthnOriginNotAllowedException"},
		"without TLS":             {func(a *authenticator) { a.origin = "http://example.com" }, "WebAuthnOriginNotAllowedException"},
		"on one's own machine":    {func(a *authenticator) { a.origin = "http://localhost:3000" }, "WebAuthnOriginNotAllowedException"},
		"an app":                  {func(a *authenticator) { a.origin = "android:apk-key-hash:x" }, "WebAuthnOriginNotAllowedException"},
		"a frame":                 {func(a *authenticator) { a.cross = true }, "WebAuthnOriginNotAllowedException"},
		"another relying party":   {func(a *authenticator) { a.rpID = "shop.example.com" }, "WebAuthnRelyingPartyMismatchException"},
		"nobody was there":        {func(a *authenticator) { a.flags = userVerified }, "WebAuthnCredentialNotSupportedException"},
		"nobody was verified":     {func(a *authenticator) { a.flags = userPresent }, "WebAuthnCredentialNotSupportedException"},
		"an answer to a sign-in":  {func(a *authenticator) { a.kind = "webauthn.get" }, "InvalidParameterException"},
		"a copy of what is none":  {func(a *authenticator) { a.flags |= synced }, "InvalidParameterException"},
		"a key of another kind":   {func(a *authenticator) { _, a.signer, _ = ed25519.GenerateKey(rand.Reader) }, "WebAuthnCredentialNotSupportedException"},
		"an id longer than is":    {func(a *authenticator) { a.id = make([]byte, 1024) }, "InvalidParameterException"},
		"an id of nothing at all": {func(a *authenticator) { a.id = nil }, "InvalidParameterException"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthenticator(t, origin)
			c.change(a)
			options := must(w.startPasskey(token))(t)
			refused(t, w.completePasskey(token, a.create(options)), c.code, "")
		})
	}
	a := newAuthenticator(t, origin)
	options := must(w.startPasskey(token))(t)
	answer := a.create(options)
	refused(t, w.completePasskey(others, answer), "WebAuthnClientMismatchException", "")
	refused(t, w.completePasskey(luigis, answer), "WebAuthnChallengeNotFoundException", "")
	must(w.startPasskey(luigis))(t)
	refused(t, w.completePasskey(luigis, answer), "WebAuthnChallengeNotFoundException", "")
	if err := w.completePasskey(token, answer); err != nil {
		t.Fatal(err)
	}
	refused(t, w.completePasskey(token, answer), "WebAuthnChallengeNotFoundException", "")
	refused(t, w.completePasskey(token, a.create(must(w.startPasskey(token))(t))), "InvalidParameterException", "")   // registered already,
	refused(t, w.completePasskey(luigis, a.create(must(w.startPasskey(luigis))(t))), "InvalidParameterException", "") // by mario

	first := must(w.startPasskey(token))(t)
	must(w.startPasskey(token))(t)
	refused(t, w.completePasskey(token, newAuthenticator(t, origin).create(first)), "WebAuthnChallengeNotFoundException", "")
	late := newAuthenticator(t, origin).create(must(w.startPasskey(token))(t))
	w.clock.Advance(3 * time.Minute)
	refused(t, w.completePasskey(token, late), "WebAuthnChallengeNotFoundException", "")

	for _, text := range []string{`"text"`, `{}`, `[]`, `null`, `{"id":"AA","rawId":"AA","type":"public-key","response":{}}`} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if err := w.completePasskey(token, value); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
	if list := w.passkeys(token); len(list) != 1 {
		t.Errorf("%d passkeys", len(list))
	}
}

func TestOptionsAreWhatBrowsersParse(t *testing.T) {
	w := newWorld(t)
	pool := w.keyed(nil)
	client := w.client(pool, byChoice)
	w.user(pool, "mario")
	request := must(http.NewRequest("POST", w.url, strings.NewReader(`{"AccessToken":"`+*w.token(client, "mario")+`"}`)))(t)
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService.StartWebAuthnRegistration")
	answer := must(http.DefaultClient.Do(request))(t)
	defer answer.Body.Close()
	var got struct {
		Options struct {
			Timeout    int `json:"timeout"`
			Algorithms []struct {
				Type string `json:"type"`
				Alg  int    `json:"alg"`
			} `json:"pubKeyCredParams"`
		} `json:"CredentialCreationOptions"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if len(got.Options.Algorithms) != 2 || got.Options.Algorithms[0].Alg != -7 || got.Options.Algorithms[1].Alg != -257 || got.Options.Timeout != 180000 {
		t.Errorf("a browser gets %+v", got.Options)
	}
}
