package identitypool_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/verify"
)

func TestTheSameLoginIsAlwaysTheSameIdentity(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(nil)
		ann := w.id(pool, w.login("ann"))
		if again := w.id(pool, w.login("ann")); again != ann {
			t.Errorf("ann is %s and %s", ann, again)
		}
		if ben := w.id(pool, w.login("ben")); ben == ann {
			t.Error("ben is ann")
		}
		if elsewhere := w.id(pool, map[string]string{key(poolB): w.idToken(poolB, "ann")}); elsewhere == ann {
			t.Error("ann of another user pool is ann")
		}
		if other := w.id(w.pool(nil), w.login("ann")); other == ann {
			t.Error("two identity pools share an identity")
		}
		if one, two := w.id(pool, nil), w.id(pool, nil); one == two {
			t.Error("two guests are one")
		}
		if !strings.HasPrefix(ann, region+":") || len(ann) != len(region)+37 {
			t.Errorf("an id such as %s", ann)
		}
	})
}

func TestEveryKindOfLoginGivesCredentials(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	w.withRoles(pool, nil)
	for name, logins := range map[string]map[string]string{
		"user pool": w.login("ann"),
		"OpenID":    {"idp.example/shop": w.openIDToken("https://idp.example/shop", "shop", "ann")},
		"Google":    {google: w.openIDToken("https://accounts.google.com", "google-client", "ann")},
		"SAML":      {saml: "ann;cook"},
	} {
		id := w.id(pool, logins)
		out := must(w.get(id, logins))(t)
		if *out.IdentityId != id || w.whoami(out.Credentials) != session("member") {
			t.Errorf("%s: %s as %s", name, *out.IdentityId, w.whoami(out.Credentials))
		}
		if left := out.Credentials.Expiration.Sub(w.clock.Now()); left > time.Hour || left < 59*time.Minute {
			t.Errorf("%s: credentials for %s", name, left)
		}
	}
	out := must(w.get(w.id(pool, nil), nil))(t)
	if w.whoami(out.Credentials) != session("guest") {
		t.Errorf("a guest as %s", w.whoami(out.Credentials))
	}
	w.clock.Advance(61 * time.Minute)
	if _, err := w.sts(given(out.Credentials)).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err == nil {
		t.Error("credentials are good after an hour")
	}
}

func TestGuestsAreScopedDownWhateverTheirRoleAllows(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	w.withRoles(pool, nil)
	guest := given(must(w.get(w.id(pool, nil), nil))(t).Credentials)
	member := given(must(w.get(w.id(pool, w.login("ann")), w.login("ann")))(t).Credentials)
	pools := func(c aws.Credentials) error {
		_, err := w.as(c).ListIdentityPools(t.Context(), &ci.ListIdentityPoolsInput{MaxResults: aws.Int32(1)})
		return err
	}
	users := func(c aws.Credentials) error {
		_, err := iam.NewFromConfig(w.config(c)).ListUsers(t.Context(), &iam.ListUsersInput{})
		return err
	}
	if err := errors.Join(pools(guest), pools(member), users(member)); err != nil {
		t.Error(err)
	}
	refused(t, users(guest), "AccessDenied", "User: "+session("guest")+" is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::"+number+
		":user/ because no session policy allows the iam:ListUsers action")
}

func TestTheBasicFlow(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *ci.CreateIdentityPoolInput) { in.AllowClassicFlow = aws.Bool(true) })
	w.withRoles(pool, nil)
	token := func(id string, logins map[string]string) string {
		return *must(w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &id, Logins: logins}))(t).Token
	}
	assume := func(role, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
		return w.sts(aws.Credentials{}).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String("arn:aws:iam::" + number + ":role/" + role), RoleSessionName: aws.String("web"), WebIdentityToken: &token,
		})
	}
	ann := w.id(pool, w.login("ann"))
	anns := token(ann, w.login("ann"))
	out := must(assume("member", anns))(t)
	if *out.AssumedRoleUser.Arn != "arn:aws:sts::"+number+":assumed-role/member/web" || *out.SubjectFromWebIdentityToken != ann || *out.Audience != pool {
		t.Errorf("%s for %s of %s", *out.AssumedRoleUser.Arn, *out.SubjectFromWebIdentityToken, *out.Audience)
	}
	said := must(verify.InsecureDecode(anns))(t)
	amr, _ := said.Claim("amr")
	if want := `["authenticated","` + key(poolA) + `","` + key(poolA) + `:CognitoSignIn:ann"]`; string(amr) != want ||
		said.Issuer() != "https://cognito-identity.amazonaws.com" || said.Algorithm() != "RS512" || said.Expiry().Sub(said.IssuedAt()) != 10*time.Minute {
		t.Errorf("%s, %s by %s", said.Claims(), said.Algorithm(), said.Issuer())
	}
	// Nobody scopes guests down here: the role alone decides, as at AWS.
	guests := must(assume("guest", token(w.id(pool, nil), nil)))(t).Credentials
	if _, err := iam.NewFromConfig(w.config(aws.Credentials{AccessKeyID: *guests.AccessKeyId, SecretAccessKey: *guests.SecretAccessKey, SessionToken: *guests.SessionToken})).
		ListUsers(t.Context(), &iam.ListUsersInput{}); err != nil {
		t.Error(err)
	}
	_, err := assume("guest", anns)
	refused(t, err, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
	w.clock.Advance(11 * time.Minute)
	_, err = assume("member", anns)
	refused(t, err, "ExpiredTokenException", "")
}

func TestTokensDieWithWhatTheyStandFor(t *testing.T) {
	own := func(w *world, token string) error {
		v := must(w.service.TokenVerifier())(t)
		_, err := v.Verify(context.Background(), token)
		return err
	}
	for name, end := range map[string]func(w *world, pool, id string){
		"the identity is deleted": func(w *world, _, id string) {
			must(w.DeleteIdentities(t.Context(), &ci.DeleteIdentitiesInput{IdentityIdsToDelete: []string{id}}))(t)
		},
		"the pool is deleted": func(w *world, pool, _ string) {
			must(w.DeleteIdentityPool(t.Context(), &ci.DeleteIdentityPoolInput{IdentityPoolId: &pool}))(t)
		},
		"the basic flow is closed": func(w *world, pool, _ string) {
			must(w.UpdateIdentityPool(t.Context(), &ci.UpdateIdentityPoolInput{IdentityPoolId: &pool, IdentityPoolName: aws.String("shop"), AllowUnauthenticatedIdentities: true}))(t)
		},
		"its login is unlinked": func(w *world, _, id string) {
			must(w.UnlinkIdentity(t.Context(), &ci.UnlinkIdentityInput{IdentityId: &id, Logins: w.login("ann"), LoginsToRemove: []string{key(poolA)}}))(t)
		},
		"the identity is merged": func(w *world, pool, _ string) {
			both := w.login("ann")
			both[saml] = "ann;x"
			w.id(pool, both)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.pool(func(in *ci.CreateIdentityPoolInput) { in.AllowClassicFlow = aws.Bool(true) })
			w.id(pool, map[string]string{saml: "ann;x"}) // the older of two stays
			id := w.id(pool, w.login("ann"))
			token := *must(w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &id, Logins: w.login("ann")}))(t).Token
			if err := own(w, token); err != nil {
				t.Fatal(err)
			}
			end(w, pool, id)
			var refusal *verify.Error
			if err := own(w, token); !errors.As(err, &refusal) {
				t.Errorf("the token still holds, or fails otherwise: %v", err)
			}
		})
	}
}

func TestAGuestsTokenDiesWhenTheGuestIsSomebody(t *testing.T) {
	for name, become := range map[string]func(w *world, pool, guest string){
		"by a first login": func(w *world, _, guest string) { must(w.get(guest, w.login("new")))(t) },
		"by a known login": func(w *world, _, guest string) { must(w.get(guest, w.login("ann")))(t) },
		"when guests may not come any more": func(w *world, pool, _ string) {
			must(w.UpdateIdentityPool(t.Context(), &ci.UpdateIdentityPoolInput{IdentityPoolId: &pool, IdentityPoolName: aws.String("shop"), AllowClassicFlow: aws.Bool(true)}))(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.pool(func(in *ci.CreateIdentityPoolInput) { in.AllowClassicFlow = aws.Bool(true) })
			w.withRoles(pool, nil)
			w.id(pool, w.login("ann"))
			guest := w.id(pool, nil)
			token := *must(w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &guest}))(t).Token
			v := must(w.service.TokenVerifier())(t)
			must(v.Verify(t.Context(), token))(t)
			become(w, pool, guest)
			if _, err := v.Verify(t.Context(), token); !errors.Is(err, verify.ErrAudience) {
				t.Errorf("the token still holds, or fails otherwise: %v", err)
			}
		})
	}
}

func TestKeysRotateWhileTokensLive(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *ci.CreateIdentityPoolInput) { in.AllowClassicFlow = aws.Bool(true) })
	id := w.id(pool, w.login("ann"))
	v := must(w.service.TokenVerifier())(t)
	take := func() (token, kid string) {
		token = *must(w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &id, Logins: w.login("ann")}))(t).Token
		return token, must(v.Verify(t.Context(), token))(t).KeyID()
	}
	old, first := take()
	if err := w.service.RotateKeys(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, second := take(); second == first {
		t.Error("the old key still signs")
	}
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Errorf("a token of the older key: %v", err)
	}
	w.clock.Advance(91 * 24 * time.Hour)
	_, second := take()
	w.clock.Advance(91 * 24 * time.Hour)
	if _, third := take(); third == second {
		t.Error("a key signs after 90 days")
	}
}

func TestPrincipalTagsAreSessionTags(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	w.withRoles(pool, nil)
	set := func(tags map[string]string, defaults bool) {
		must(w.SetPrincipalTagAttributeMap(t.Context(), &ci.SetPrincipalTagAttributeMapInput{
			IdentityPoolId: &pool, IdentityProviderName: aws.String(key(poolA)), PrincipalTags: tags, UseDefaults: &defaults,
		}))(t)
	}
	set(map[string]string{"team": "custom:team", "absent": "nickname"}, false)
	// Whoever is of the blue team may list users, by a tag of the session.
	must(w.iam().PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("member"), PolicyName: aws.String("all"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"},"Null":{"aws:PrincipalTag/absent":"true"}}}}`)}))(t)
	may := func(logins map[string]string) error {
		c := given(must(w.get(w.id(pool, logins), logins))(t).Credentials)
		_, err := iam.NewFromConfig(w.config(c)).ListUsers(t.Context(), &iam.ListUsersInput{})
		return err
	}
	if err := may(w.login("ann", "custom:team", "blue")); err != nil {
		t.Error(err)
	}
	refused(t, may(w.login("ann", "custom:team", "red")), "AccessDenied", "")

	for name, value := range map[string]any{"too long": strings.Repeat("x", 257), "a list": []string{"blue", "red"},
		"beside what tags are made of": "blue;red", "with a line break": "blue\nred"} {
		logins := w.login("ann", "custom:team", value)
		_, err := w.get(w.id(pool, logins), logins)
		t.Run(name, func(t *testing.T) {
			refused(t, err, notAllowed, "The principal tags of this identity cannot be used as session tags.")
		})
	}
	for name, tags := range map[string]map[string]string{
		"a key of AWS's own":           {"aws:team": "custom:team"},
		"the same in capitals":         {"AWS:team": "custom:team"},
		"one key written twice":        {"team": "custom:team", "Team": "nickname"},
		"a key that cannot be a tag's": {"te;am": "custom:team"},
	} {
		_, err := w.SetPrincipalTagAttributeMap(t.Context(), &ci.SetPrincipalTagAttributeMapInput{
			IdentityPoolId: &pool, IdentityProviderName: aws.String(key(poolA)), PrincipalTags: tags,
		})
		_, _, vouching := w.vouch(pool, "ann", func(in *ci.GetOpenIdTokenForDeveloperIdentityInput) { in.PrincipalTags = tags })
		t.Run(name, func(t *testing.T) {
			refused(t, err, "InvalidParameterException", "")
			refused(t, vouching, "InvalidParameterException", "")
		})
	}
	set(nil, true)
	got := must(w.GetPrincipalTagAttributeMap(t.Context(), &ci.GetPrincipalTagAttributeMapInput{IdentityPoolId: &pool, IdentityProviderName: aws.String(key(poolA))}))(t)
	if !*got.UseDefaults || got.PrincipalTags["username"] != "sub" || got.PrincipalTags["client"] != "aud" {
		t.Errorf("defaults are %v", got.PrincipalTags)
	}

	// A role whose trust policy says nothing of sts:TagSession is not given with tags.
	trust := strings.NewReplacer("POOL", pool, "AMR", "authenticated", `,"sts:TagSession"`, "").Replace(trustAny)
	must(w.iam().UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("member"), PolicyDocument: &trust}))(t)
	_, err := w.get(w.id(pool, w.login("ann")), w.login("ann"))
	refused(t, err, "InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
}

func TestNothingSecretIsRecorded(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	w.withRoles(pool, nil)
	logins := w.login("ann")
	c := must(w.get(w.id(pool, logins), logins))(t).Credentials
	text := w.records.String()
	for _, secret := range []string{logins[key(poolA)], *c.SecretKey, *c.SessionToken, strings.Split(logins[key(poolA)], ".")[2]} {
		if strings.Contains(text, secret) {
			t.Error("the record of a call holds a secret")
		}
	}
	if !strings.Contains(text, "role: passed: arn:aws:iam::"+number+":role/member: the pool's authenticated role") {
		t.Errorf("the record does not say which role was given and why:\n%s", text)
	}
}
