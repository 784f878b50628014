package identitypool_test

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ci "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

const (
	foreign    = "Token is not from a supported provider of this identity pool."
	unsigned   = "Invalid login token. Couldn't verify signed token."
	noIDToken  = "Invalid login token. Not a valid OpenId Connect identity token."
	mismatch   = "Logins don't match. Please include at least one valid login for this identity or identity pool."
	noGuests   = "Unauthenticated access is not supported for this identity pool."
	badRoles   = "Invalid identity pool configuration. Check assigned IAM roles for this pool."
	notAllowed = "NotAuthorizedException"
)

// Each is refused by GetId and, for ann's identity, by every other operation
// that takes logins.
func TestLoginsThatProveNothing(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *ci.CreateIdentityPoolInput) { in.AllowClassicFlow = aws.Bool(true) })
	w.withRoles(pool, nil)
	ann := w.id(pool, w.login("ann"))
	good := w.idToken(poolA, "ann")
	parts := strings.Split(good, ".")
	segment := base64.RawURLEncoding.EncodeToString
	now := w.clock.Now()
	a := func(token string) map[string]string { return map[string]string{key(poolA): token} }
	and := func(logins map[string]string) map[string]string {
		all := a(good)
		maps.Copy(all, logins)
		return all
	}
	w.issuers.signOut("gone")
	for name, c := range map[string]struct {
		logins     map[string]string
		code, text string
	}{
		"a token of another pool under this pool's key":       {a(w.idToken(poolB, "ann")), notAllowed, foreign},
		"a token of this pool under another pool's key":       {map[string]string{key(poolB): good}, notAllowed, foreign},
		"a pool that is not configured":                       {map[string]string{key(region + "_PoolC"): w.idToken(region+"_PoolC", "ann")}, notAllowed, foreign},
		"the issuer as the key":                               {map[string]string{issuerOf(poolA): good}, notAllowed, foreign},
		"the key with a scheme":                               {map[string]string{"https://" + key(poolA): good}, notAllowed, foreign},
		"the key in capitals":                                 {map[string]string{strings.ToUpper(key(poolA)): good}, notAllowed, foreign},
		"another client":                                      {w.login("ann", "aud", "client2"), notAllowed, foreign},
		"two clients, one of them right":                      {w.login("ann", "aud", []string{clientID, "client2"}), notAllowed, foreign},
		"no client":                                           {w.login("ann", "aud", nil), notAllowed, ""},
		"an access token":                                     {w.login("ann", "token_use", "access", "client_id", clientID, "aud", nil), notAllowed, ""},
		"an access token with an audience":                    {w.login("ann", "token_use", "access"), notAllowed, noIDToken},
		"a token of neither use":                              {w.login("ann", "token_use", ""), notAllowed, noIDToken},
		"expired":                                             {w.login("ann", "exp", now.Add(-time.Second).Unix()), notAllowed, ""},
		"of tomorrow":                                         {w.login("ann", "nbf", now.Add(24*time.Hour).Unix()), notAllowed, noIDToken},
		"without an end":                                      {w.login("ann", "exp", nil), notAllowed, noIDToken},
		"without a subject":                                   {w.login(""), notAllowed, noIDToken},
		"a subject with a zero byte":                          {w.login("a\x00b"), notAllowed, ""},
		"a subject of 2 KiB":                                  {w.login(strings.Repeat("a", 2048)), notAllowed, ""},
		"tampered":                                            {a(parts[0] + "." + segment([]byte(`{"sub":"ben"}`)) + "." + parts[2]), notAllowed, unsigned},
		"alg none":                                            {a(segment([]byte(`{"alg":"none","kid":"key-1"}`)) + "." + parts[1] + "."), notAllowed, unsigned},
		"no token at all":                                     {a("x"), notAllowed, noIDToken},
		"an empty token":                                      {a(""), "InvalidParameterException", ""},
		"a token beyond all bounds":                           {a(strings.Repeat("x", 50001)), "InvalidParameterException", ""},
		"a user who is signed out, disabled or deleted":       {w.login("gone"), notAllowed, "Invalid login token. Token has been revoked."},
		"a good login and a bad one":                          {and(map[string]string{google: "x"}), notAllowed, noIDToken},
		"a good login and one of nobody":                      {and(map[string]string{"example.com": good}), notAllowed, foreign},
		"Google's token for another client":                   {map[string]string{google: w.openIDToken("https://accounts.google.com", "other", "ann")}, notAllowed, foreign},
		"another issuer's token as Google's":                  {map[string]string{google: w.openIDToken("https://idp.example/shop", "google-client", "ann")}, notAllowed, foreign},
		"an expired token of Google's":                        {map[string]string{google: w.openIDToken("https://accounts.google.com", "google-client", "ann", "exp", now.Add(-time.Second).Unix())}, notAllowed, "Invalid login token. Token is expired."},
		"Apple, which the pool does not take":                 {map[string]string{"appleid.apple.com": w.openIDToken("https://appleid.apple.com", "google-client", "ann")}, notAllowed, foreign},
		"Facebook, whose tokens nobody else can check":        {map[string]string{"graph.facebook.com": "EAAB"}, notAllowed, "graph.facebook.com is not supported: only its own servers can check its access tokens."},
		"an access token of the OpenID provider":              {map[string]string{"idp.example/shop": w.openIDToken("https://idp.example/shop", "shop", "ann", "token_use", "access")}, notAllowed, noIDToken},
		"the OpenID provider by its ARN":                      {map[string]string{openID: w.openIDToken("https://idp.example/shop", "shop", "ann")}, notAllowed, foreign},
		"a SAML response that does not hold":                  {map[string]string{saml: "forged"}, notAllowed, ""},
		"a developer's user by name":                          {map[string]string{"login.shop": "ann"}, notAllowed, "The login of a developer provider needs developer credentials."},
		"a user pool's token as a developer's":                {map[string]string{service: good}, notAllowed, ""},
		"eleven logins":                                       {eleven(), "InvalidParameterException", ""},
		"a key beyond all bounds":                             {map[string]string{strings.Repeat("k", 129): good}, "InvalidParameterException", ""},
		"a duplicate of the claim that says who somebody is":  {a(signedText(`{"iss":"` + issuerOf(poolA) + `","sub":"ann","sub":"ben"}`)), notAllowed, noIDToken},
		"an expired token of this pool, whose end we may say": {w.login("ann", "exp", 1000), notAllowed, "Invalid login token. Token expired: 1000 >= "},
	} {
		t.Run(name, func(t *testing.T) {
			_, byID := w.getID(pool, c.logins)
			_, byCredentials := w.get(ann, c.logins)
			_, byToken := w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &ann, Logins: c.logins})
			_, byUnlink := w.UnlinkIdentity(t.Context(), &ci.UnlinkIdentityInput{IdentityId: &ann, Logins: c.logins, LoginsToRemove: []string{key(poolA)}})
			for _, err := range []error{byID, byCredentials, byToken, byUnlink} {
				text := c.text
				if strings.HasSuffix(text, " >= ") {
					if err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("got %v", err)
					}
					text = ""
				}
				refused(t, err, c.code, text)
				for _, token := range c.logins {
					if len(token) > 20 && strings.Contains(err.Error(), token) {
						t.Error("the refusal repeats the token")
					}
				}
			}
		})
	}
	if got := must(w.get(ann, w.login("ann")))(t); *got.IdentityId != ann {
		t.Error("something of all this has changed ann")
	}
}

func eleven() map[string]string {
	logins := map[string]string{}
	for i := range 11 {
		logins["k"+strings.Repeat("x", i)] = "token"
	}
	return logins
}

func TestIdentitiesThatAreNotTheCallers(t *testing.T) {
	w := newWorld(t)
	pool, other := w.pool(nil), w.pool(nil)
	w.withRoles(pool, nil)
	must(w.SetIdentityPoolRoles(t.Context(), &ci.SetIdentityPoolRolesInput{IdentityPoolId: &other, Roles: map[string]string{
		"authenticated": "arn:aws:iam::" + number + ":role/member"}}))(t) // which trusts the first pool only
	ann, guest := w.id(pool, w.login("ann")), w.id(pool, nil)
	elsewhere := w.id(other, w.login("ann"))
	for name, c := range map[string]struct {
		id         string
		logins     map[string]string
		code, text string
	}{
		"a known login of somebody else":      {ann, known(w, pool, "ben"), notAllowed, mismatch},
		"an unknown login":                    {ann, w.login("cid"), notAllowed, mismatch},
		"a guest as ann":                      {ann, nil, notAllowed, "Access to Identity '" + ann + "' is forbidden."},
		"nobody":                              {region + ":00000000-0000-0000-0000-000000000000", nil, "ResourceNotFoundException", "Identity '" + region + ":00000000-0000-0000-0000-000000000000' not found."},
		"no id":                               {"x", nil, "InvalidParameterException", ""},
		"a pool's id":                         {pool, w.login("ann"), "ResourceNotFoundException", ""},
		"a pool whose role does not trust it": {elsewhere, w.login("ann"), "InvalidIdentityPoolConfigurationException", badRoles},
		"a pool without a role for guests":    {w.id(other, nil), nil, "InvalidIdentityPoolConfigurationException", badRoles},
	} {
		_, err := w.get(c.id, c.logins)
		t.Run(name, func(t *testing.T) { refused(t, err, c.code, c.text) })
	}
	if _, err := w.getID(pool, nil); err != nil {
		t.Error(err)
	}
	must(w.UpdateIdentityPool(t.Context(), &ci.UpdateIdentityPoolInput{IdentityPoolId: &pool, IdentityPoolName: aws.String("shop")}))(t)
	_, err := w.get(guest, nil)
	refused(t, err, notAllowed, noGuests)
	_, err = w.getID(pool, nil)
	refused(t, err, notAllowed, noGuests)
	_, err = w.get(ann, w.login("ann"))
	refused(t, err, notAllowed, foreign) // the update took the providers away
	_, err = w.GetOpenIdToken(t.Context(), &ci.GetOpenIdTokenInput{IdentityId: &ann, Logins: w.login("ann")})
	refused(t, err, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
	_, err = w.GetId(t.Context(), &ci.GetIdInput{IdentityPoolId: &pool, AccountId: aws.String("999999999999"), Logins: w.login("ann")})
	refused(t, err, "ResourceNotFoundException", "IdentityPool '"+pool+"' not found.")
}

func known(w *world, pool, name string) map[string]string {
	w.id(pool, w.login(name))
	return w.login(name)
}

func TestRolesThatNobodyMayHave(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(nil)
	deny := types.AmbiguousRoleResolutionTypeDeny
	w.withRoles(pool, map[string]types.RoleMapping{
		key(poolA) + ":" + clientID: {Type: types.RoleMappingTypeToken, AmbiguousRoleResolution: deny},
		google: {Type: types.RoleMappingTypeRules, AmbiguousRoleResolution: deny, RulesConfiguration: &types.RulesConfigurationType{Rules: []types.MappingRule{
			{Claim: aws.String("hd"), MatchType: types.MappingRuleMatchTypeEquals, Value: aws.String("shop.example"), RoleARN: aws.String(w.role("staff", pool, "authenticated"))},
		}}},
	})
	strict := w.roleTrusting("strict", strings.NewReplacer("POOL", region+":other", "AMR", "authenticated").Replace(trustAny))
	staff := "arn:aws:iam::" + number + ":role/staff"
	googles := func(hd string) map[string]string {
		return map[string]string{google: w.openIDToken("https://accounts.google.com", "google-client", "ann", "hd", hd)}
	}
	for name, c := range map[string]struct {
		logins     map[string]string
		custom     string
		code, text string
	}{
		"no roles, and the mapping denies":             {w.login("a1"), "", notAllowed, "Access denied: no role is mapped to this identity."},
		"two roles, none preferred":                    {w.login("a2", "cognito:roles", []string{staff, strict}), "", notAllowed, "Access denied: no role is mapped to this identity."},
		"a role that does not trust the pool":          {w.login("a3", "cognito:preferred_role", strict), "", "InvalidIdentityPoolConfigurationException", badRoles},
		"a role that is not there":                     {w.login("a4", "cognito:preferred_role", staff+"x"), "", "InvalidIdentityPoolConfigurationException", badRoles},
		"a role of another account":                    {w.login("a5", "cognito:preferred_role", "arn:aws:iam::999999999999:role/staff"), "", "InvalidIdentityPoolConfigurationException", badRoles},
		"a chosen role that the token does not offer":  {w.login("a6", "cognito:roles", []string{strict}), staff, notAllowed, ""},
		"a chosen role that the token only prefers":    {w.login("a7", "cognito:preferred_role", staff), staff, notAllowed, ""},
		"a chosen role that is part of an offered one": {w.login("a8", "cognito:roles", []string{staff + "x"}), staff, notAllowed, ""},
		"a role that the user wrote into an attribute": {w.login("a9", "custom:roleArn", staff), "", notAllowed, ""},
		"a rule that does not match":                   {googles("other.example"), "", notAllowed, ""},
		"a rule that does not match, chosen":           {googles("other.example"), staff, notAllowed, ""},
		"a role that no rule gives":                    {googles("shop.example"), strict, notAllowed, ""},
		"choosing without a mapping":                   {map[string]string{saml: "ann;x"}, staff, notAllowed, ""},
		"choosing as a guest":                          {nil, staff, notAllowed, ""},
		"a choice that is no ARN":                      {w.login("b1"), strings.Repeat("x", 30), "InvalidParameterException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			id := w.id(pool, c.logins)
			in := &ci.GetCredentialsForIdentityInput{IdentityId: &id, Logins: c.logins}
			if c.custom != "" {
				in.CustomRoleArn = &c.custom
			}
			_, err := w.GetCredentialsForIdentity(t.Context(), in)
			refused(t, err, c.code, c.text)
		})
	}
}

// signedText signs a payload as it is.
func signedText(payload string) string { return sign([]byte(payload)) }
